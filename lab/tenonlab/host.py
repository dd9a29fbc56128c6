# SPDX-License-Identifier: GPL-2.0-or-later
"""A run of the lab: QEMU, its end, and the thread that serves its ports.

QEMU dies with the thread that started the run, whatever ends that (PR_SET_PDEATHSIG). Its control
connections are socket pairs, so no socket is left in a file system.
"""
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import selectors
import shlex
import signal
import socket
import subprocess
import tempfile
import threading

from . import control, initramfs, kernel, machine, topology as topologies
from .errors import LabError
from .qmp import Qmp

MEMORY = 2560
TIMED_OUT = 124
FAILED = 125
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


@dataclasses.dataclass
class Result:
    """How a run ended: the script's exit status (124: the time limit), what it printed, the folder
    with what it left, and the log of the host's kernel."""

    status: int
    output: str
    out: pathlib.Path
    console: pathlib.Path


def die_with(parent):
    """Runs in the child before QEMU does: the child is killed when its parent thread ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def memory_file(name, content=b""):
    fd = os.memfd_create(name)
    with open(fd, "wb", closefd=False) as f:
        f.write(content)
    return fd


class Run:
    """One lab under way. on_output gets what the job prints, as bytes, from another thread."""

    def __init__(self, lab, argv, *, shell=None, on_output=None):
        self.title = f"{lab.topology.name}: {shlex.join(argv)}"
        self.out = lab.out
        self.console = lab.out / "lab-console.log"
        self.limit = lab.timeout
        self.on_output = on_output
        self.output = bytearray()
        self.status = None
        self.is_up = self.timed_out = self.stopped = False
        self.picture_lock = threading.Lock()
        self.cards = [c.id for c in lab.topology.cards]
        self.resources = contextlib.ExitStack()
        try:
            self.start(lab, argv, shell)
        except BaseException:
            self.resources.close()
            raise

    def start(self, lab, argv, shell):
        k = kernel.get(lab.package)
        self.resources.callback(k.close)
        initrd = self.own_fd(memory_file("initrd", initramfs.base(k) +
                                         initramfs.job(job_files(lab, k, argv, shell))))
        self.picture = self.own_fd(memory_file("picture"))
        ours, theirs = {}, {}
        for name in ("qmp", "control", "output"):
            ours[name], theirs[name] = socket.socketpair()
            self.resources.callback(ours[name].close)
        self.stderr = self.resources.enter_context(tempfile.TemporaryFile())
        arguments = machine.command(
            lab.topology, memory=lab.memory, image=k.image, initrd=f"/dev/fd/{initrd}",
            out=self.out, shell=bool(shell), fds={n: s.fileno() for n, s in theirs.items()})
        parent = os.getpid()
        try:
            self.qemu = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=self.stderr, stderr=self.stderr,
                pass_fds=[initrd, self.picture, *(s.fileno() for s in theirs.values())],
                start_new_session=True, preexec_fn=lambda: die_with(parent))
        except FileNotFoundError as e:
            raise LabError(f"{machine.QEMU} is missing; install the package qemu-system-x86") from e
        for s in theirs.values():
            s.close()
        self.resources.callback(self.kill)
        self.qmp = Qmp(ours["qmp"])
        self.port, self.screen_lines = control.Lines(ours["control"]), ours["output"]
        self.listener = control.Listener()
        self.resources.callback(self.listener.socket.close)
        if self.limit:
            timer = threading.Timer(self.limit, self.expire)
            timer.daemon = True
            timer.start()
            self.resources.callback(timer.cancel)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def own_fd(self, fd):
        self.resources.callback(os.close, fd)
        return fd

    # The end

    def kill(self):
        self.qemu.kill()
        self.qemu.wait()

    def expire(self):
        self.timed_out = self.status is None
        self.qemu.kill()

    def stop(self):
        """Ends the lab now. Its job has then no result."""
        self.stopped = True
        self.qemu.kill()
        self.thread.join()
        self.resources.close()

    def wait(self):
        """Waits for the job's end; Result, or LabError when the lab failed."""
        self.thread.join()
        self.resources.close()
        if self.status is None and self.timed_out and self.is_up:
            self.status = TIMED_OUT
        if self.status is None:
            raise LabError(self.why())
        return Result(self.status, self.output.decode(errors="replace"), self.out, self.console)

    def why(self):
        """What is known about a lab that ended before its job did."""
        if self.stopped:
            return "the lab was stopped"
        if self.timed_out:
            first = f"the lab's host did not come up within {self.limit} s"
        else:
            first = "the lab's host ended before its job did"
        said = self.stderr_text.strip()
        try:
            last = self.console.read_text(errors="replace").splitlines()[-12:]
        except OSError:
            last = []
        return "\n".join([first, *(["QEMU says: " + said] if said else []),
                          f"the end of its console ({self.console}):", *last])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # The thread that serves the ports

    def serve(self):
        end = os.pidfd_open(self.qemu.pid)
        with selectors.DefaultSelector() as selector:
            selector.register(end, selectors.EVENT_READ, lambda: False)
            selector.register(self.screen_lines, selectors.EVENT_READ, self.read_output)
            selector.register(self.port, selectors.EVENT_READ,
                              lambda: self.read_port(selector))
            selector.register(self.listener.socket, selectors.EVENT_READ,
                              lambda: self.read_listener(selector))
            alive = True
            while alive:
                for key, _ in selector.select():
                    if key.data() is False:
                        alive = False
            while self.port.fileno() in selector.get_map() and self.read_port(selector):
                pass
        while self.read_output():
            pass
        os.close(end)
        self.qemu.wait()
        self.stderr.seek(0)
        self.stderr_text = self.stderr.read().decode(errors="replace")

    def read_output(self):
        try:
            data = self.screen_lines.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            return None
        if self.on_output:
            self.on_output(data)
        else:
            self.output += data
        return True

    def read_port(self, selector):
        lines = self.port.read()
        if lines is None:
            selector.unregister(self.port)
            return None
        for line in lines:
            verb, _, rest = line.partition(" ")
            if verb == "up":
                self.is_up = True
            elif verb == "exit" and rest.isdigit():
                self.status = int(rest)
            else:
                control.handle(self.port, line, self, inside=True)
        return True

    def read_listener(self, selector):
        connection = self.listener.accept()
        if connection:
            lines = control.Lines(connection)
            selector.register(lines, selectors.EVENT_READ,
                              lambda: self.read_client(selector, lines))
        return True

    def read_client(self, selector, lines):
        requests = lines.read()
        if requests is None:
            selector.unregister(lines)
            lines.connection.close()
            return True
        for request in requests:
            control.handle(lines, request, self, inside=False)
        return True

    # Pictures

    def dump(self, card, kind):
        """What card shows now, as the bytes of a png or ppm file."""
        if card not in self.cards:
            raise LabError(f"no card '{card}' is in the lab; there are {', '.join(self.cards)}")
        with self.picture_lock:
            self.qmp.call("screendump", filename=f"/dev/fd/{self.picture}", device=card,
                          format=kind)
            return os.pread(self.picture, os.fstat(self.picture).st_size, 0)

    def screenshot(self, card, path):
        """Writes what card shows now to the PNG file path, which appears whole or not at all."""
        path = pathlib.Path(path)
        data = self.dump(card, "png")
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as new:
            try:
                new.write(data)
                new.flush()
                os.chmod(new.name, 0o644)
                os.replace(new.name, path)
            except BaseException:
                os.unlink(new.name)
                raise


def job_files(lab, k, argv, shell):
    """The files below /lab that tell init what to do."""
    variables = {"outer_cwd": os.getcwd(), "release": k.release, "modules": str(k.modules),
                 "mode": "shell" if shell else "run", "term": os.environ.get("TERM", "dumb"),
                 **(shell or {})}
    job = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in variables.items())
    job += f"set -- {shlex.join(argv)}\n"
    cards = "".join(f"{c.id} {' '.join(lab.topology.way(c))}\n" for c in lab.topology.cards)
    return {"job": os.fsencode(job), "cards": cards.encode()}


class Lab:
    """A lab to run jobs in. out: the folder that a job sees as $OUT, made if it is not there."""

    def __init__(self, topology="default", out=None, timeout=300, memory=MEMORY,
                 package=kernel.PACKAGE):
        self.topology = (topology if isinstance(topology, topologies.Topology)
                         else topologies.load(topology))
        if out is None:
            self.temporary = tempfile.TemporaryDirectory(prefix="lab-")
            out = self.temporary.name
        self.out = pathlib.Path(out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.timeout, self.memory, self.package = timeout, memory, package

    def start(self, script, arguments=(), on_output=None):
        """Starts script (a program, or a text for /bin/sh) in the lab; a Run."""
        path = pathlib.Path(script).resolve()
        if not path.is_file():
            raise LabError(f"{script} is not a file")
        interpreter = [] if os.access(path, os.X_OK) else ["/bin/sh"]
        return Run(self, [*interpreter, str(path), *map(str, arguments)], on_output=on_output)

    def run(self, script, arguments=(), on_output=None):
        """Runs script to its end; a Result."""
        with self.start(script, arguments, on_output) as run:
            return run.wait()
