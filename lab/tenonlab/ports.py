# SPDX-License-Identifier: GPL-2.0-or-later
"""The thread that serves a run: the job's output, requests from inside and from other programs."""
import selectors
import threading

from . import control


class Ports(threading.Thread):
    """Runs until QEMU has ended and everything that it sent has been read. After join():
    status is the job's exit status, or None if the lab ended before; failure is what on_output
    raised, which ends the lab."""

    def __init__(self, run, control_port, output_port, listener, on_output):
        super().__init__(name="lab ports", daemon=True)
        self.run_ = run
        self.control = control.Lines(control_port)
        self.output_port = output_port
        self.listener = listener
        self.output = bytearray()
        self.on_output = on_output or self.output.extend
        self.status = None
        self.failure = None
        self.is_up = False
        self.ended = False

    def run(self):
        try:
            self.serve()
        except Exception as e:  # pylint: disable=broad-except
            self.failure = e
            self.run_.qemu.kill()
        self.run_.qemu.wait()

    def serve(self):
        with selectors.DefaultSelector() as self.selector:
            self.watch(self.run_.ended, self.end)
            self.watch(self.output_port, self.read_output)
            self.watch(self.control, self.read_control)
            self.watch(self.listener.socket, self.read_listener)
            while not self.ended:
                for key, _ in self.selector.select():
                    key.data()
            for port, read in ((self.control, self.read_control),
                               (self.output_port, self.read_output)):
                while port in self.selector.get_map():
                    read()

    def watch(self, port, read):
        self.selector.register(port, selectors.EVENT_READ, read)

    def end(self):
        self.ended = True

    def read_output(self):
        try:
            data = self.output_port.recv(1 << 16)
        except ConnectionError:
            data = b""
        if data:
            self.on_output(data)
        else:
            self.selector.unregister(self.output_port)

    def read_control(self):
        lines = self.control.read()
        if lines is None:
            self.selector.unregister(self.control)
        for line in lines or ():
            verb, _, rest = line.partition(" ")
            if verb == "up":
                self.is_up = True
            elif verb == "exit" and rest.isdigit():
                self.status = int(rest)
            else:
                control.handle(self.control, line, self.run_, inside=True)

    def read_listener(self):
        connection = self.listener.accept()
        if connection:
            lines = control.Lines(connection)
            self.watch(lines, lambda: self.read_client(lines))

    def read_client(self, lines):
        requests = lines.read()
        if requests is None:
            self.selector.unregister(lines)
            lines.connection.close()
        for request in requests or ():
            control.handle(lines, request, self.run_, inside=False)
