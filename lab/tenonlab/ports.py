# SPDX-License-Identifier: GPL-2.0-or-later
"""The thread that serves a run: the job's output, requests from inside and from other programs."""
import selectors
import threading
import time

from . import control
from .errors import LabError

# Seconds between two checks of what a request waits for.
PACE = 0.05
# Seconds without a sign of life, which comes every 5 s, after which a host counts as hung.
STANDS = 120


class Ports(threading.Thread):
    """Runs until QEMU has ended and everything that it sent has been read. After join():
    status is the job's exit status, or None if the lab ended before; failure is what on_output
    raised, or the exception for a hung host, which ends the lab. `ports` has their sockets by
    name."""

    def __init__(self, run, ports, listener, on_output):
        super().__init__(name="lab ports", daemon=True)
        self.run_ = run
        self.control = control.Lines(ports["control"])
        self.output_port = ports["output"]
        self.beat_port = ports["beat"]
        self.listener = listener
        self.output = bytearray()
        self.on_output = on_output or self.output.extend
        self.status = None
        self.failure = None
        self.is_up = False
        self.ended = False
        self.waits = []
        self.alive_at = None

    def run(self):
        try:
            self.serve()
        except Exception as e:  # pylint: disable=broad-except
            self.failure = e
            self.run_.qemu.kill()
        self.run_.note_end()
        self.run_.qemu.wait()

    def serve(self):
        with selectors.DefaultSelector() as self.selector:
            self.watch(self.run_.ended, self.end)
            self.watch(self.output_port, self.read_output)
            self.watch(self.control, self.read_control)
            self.watch(self.beat_port, self.read_beat)
            self.watch(self.listener.socket, self.read_listener)
            while not self.ended:
                for key, _ in self.selector.select(PACE if self.waits else STANDS):
                    key.data()
                self.check_alive()
                self.waits = [w for w in self.waits if not self.is_answered(w)]
            for port, read in ((self.control, self.read_control),
                               (self.output_port, self.read_output)):
                while port in self.selector.get_map():
                    read()

    def watch(self, port, read):
        self.selector.register(port, selectors.EVENT_READ, read)

    def end(self):
        self.ended = True

    def handle(self, lines, request, inside):
        wait = control.handle(lines, request, self.run_, inside)
        if wait:
            self.waits.append(wait)

    def is_answered(self, wait):
        try:
            return wait.poll()
        except (LabError, OSError) as e:
            wait.lines.refuse(e)
            return True

    def receive(self, port):
        """Returns what has arrived on port; at its end returns nothing and stops watching it."""
        try:
            data = port.recv(1 << 16)
        except ConnectionError:
            data = b""
        if not data:
            self.selector.unregister(port)
        return data

    def read_output(self):
        data = self.receive(self.output_port)
        if data:
            self.on_output(data)

    def read_beat(self):
        if self.receive(self.beat_port):
            self.alive_at = time.monotonic()

    def check_alive(self):
        if (self.alive_at and self.status is None and not self.ended
                and time.monotonic() - self.alive_at > STANDS):
            raise self.run_.stands(STANDS)

    def read_control(self):
        lines = self.control.read()
        if lines is None:
            self.selector.unregister(self.control)
        for line in lines or ():
            verb, _, rest = line.partition(" ")
            if verb == "up":
                self.is_up = True
                self.run_.note_up()
            elif verb == "exit" and rest.isdigit():
                self.status = int(rest)
            else:
                self.handle(self.control, line, inside=True)

    def read_listener(self):
        connection = self.listener.accept()
        if connection:
            lines = control.Lines(connection)
            self.watch(lines, lambda: self.read_client(lines))

    def read_client(self, lines):
        requests = lines.read()
        if requests is None:
            self.selector.unregister(lines)
            self.waits = [w for w in self.waits if w.lines is not lines]
            lines.connection.close()
        for request in requests or ():
            self.handle(lines, request, inside=False)
