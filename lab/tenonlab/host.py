# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab, and one run of it: how it starts, how it ends, and what a caller can ask meanwhile.

QEMU dies with the thread that started the run, however that ends (PR_SET_PDEATHSIG). Its
connections are socket pairs and screenshots go through memory, so a run leaves nothing in a file
system but the directory `out`.
"""
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref

from . import control, fonts, initramfs, kernel, machine, screen, topology as topologies, unpacked
from .errors import EmulatorAbort, LabError
from .ports import Ports
from .qmp import Qmp

MEMORY = 2560
TIMED_OUT = 124
FAILED = 125
# Environment variables of the outer machine that the lab's host does not get.
HIDDEN = {"dev", "proc", "run", "sys"}
# Signals by which QEMU crashes: a failed assertion, or worse.
CRASHES = {-signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL, -signal.SIGSEGV}
TRIES = 3
PR_SET_PDEATHSIG = 1
# Names a file to which each run adds a line when it ends, with fields separated by tabs: seconds
# until its host had started, seconds in total, processor seconds, and what ran.
TIMES = "TENON_LAB_TIMES"
LIBC = ctypes.CDLL(None)
# QEMU's VGA changes its text cursor at most every 229 ms, once per screenshot.
BLINK = 0.25
BLINKS = 4


@dataclasses.dataclass
class Result:
    """How a run ended: the job's exit status (124 and timed_out: the time limit), what it printed
    unless that went to on_output, the directory with the files that it left, the log of the host's
    kernel."""

    status: int
    output: str
    out: pathlib.Path
    console: pathlib.Path
    timed_out: bool


def die_with(parent):
    """Runs in the child before QEMU: has the kernel kill the child when its parent thread ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def memory_file(name, content=b""):
    fd = os.memfd_create(name)
    with open(fd, "wb", closefd=False) as f:
        f.write(content)
    return fd


def ended_cpu_seconds(pid):
    """The processor time of a child that is ending and that nobody has waited for yet."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class Run:
    """One running lab, made by Lab.start() and Lab.shell(). Use it in a `with` statement, whose end
    stops the lab. Its methods may be called from any thread."""

    def __init__(self, lab, argv, mode, on_output):
        self.lab = lab
        self.title = f"{lab.topology.name}: {shlex.join(argv)}"
        self.console = lab.out / "lab-console.log"
        self.timed_out = self.stopped = False
        self.started, self.boot_seconds = time.monotonic(), None
        self.picture_lock = threading.Lock()
        self.resources = contextlib.ExitStack()
        try:
            self.start(argv, mode, on_output)
        except BaseException:
            self.resources.close()
            raise

    def start(self, argv, mode, on_output):
        self.kernel = kernel.get(self.lab.package)
        self.resources.callback(self.kernel.close)
        self.picture = self.own_fd(memory_file("lab-picture"))
        initrd = self.own_fd(memory_file("lab-initrd", initramfs.base(self.kernel) +
                                         initramfs.job(self.job_files(argv, mode))))
        ours, theirs = {}, {}
        for name in ("qmp", "control", "output", "size", "beat"):
            ours[name], theirs[name] = socket.socketpair()
            self.resources.callback(ours[name].close)
            self.resources.callback(theirs[name].close)
        self.launch(machine.command(
            self.lab.topology, memory=self.lab.memory, image=unpacked.image_of(self.kernel),
            initrd=f"/dev/fd/{initrd}", out=self.lab.out, shell=mode == "shell",
            fds={n: s.fileno() for n, s in theirs.items()}),
            [initrd, self.picture, *(s.fileno() for s in theirs.values())])
        for s in theirs.values():
            s.close()
        self.qmp = Qmp(ours["qmp"])
        self.blocks = {}  # the files of disks that were plugged in, by QEMU's names for them
        self.size = ours["size"]
        listener = control.Listener()
        self.resources.callback(listener.socket.close)
        self.ports = Ports(self, ours, listener, on_output)
        if self.lab.timeout:
            timer = threading.Timer(self.lab.timeout, self.expire)
            timer.daemon = True
            timer.start()
            self.resources.callback(timer.cancel)
        self.ports.start()

    def job_files(self, argv, mode):
        """The files below /lab that tell init what to do."""
        variables = {"outer_cwd": os.getcwd(), "release": self.kernel.release, "mode": mode,
                     "image": self.kernel.image, "modules": self.kernel.modules,
                     "term": os.environ.get("TERM", "dumb")}
        job = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in variables.items())
        job += f"set -- {shlex.join(argv)}\n"
        topology = self.lab.topology
        cards = "".join(f"{c.id} {' '.join(topology.way(c))}\n" for c in topology.cards)
        return {"job": os.fsencode(job), "cards": cards.encode()}

    def launch(self, arguments, fds):
        self.stderr = self.resources.enter_context(tempfile.TemporaryFile())
        parent = os.getpid()
        try:
            self.qemu = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=self.stderr, stderr=self.stderr,
                pass_fds=fds, start_new_session=True, preexec_fn=lambda: die_with(parent))
        except FileNotFoundError as e:
            raise LabError(f"{machine.QEMU} is missing; install the package qemu-system-x86") from e
        self.resources.callback(self.kill)
        # Becomes readable when QEMU has ended.
        self.ended = self.own_fd(os.pidfd_open(self.qemu.pid))

    def own_fd(self, fd):
        self.resources.callback(os.close, fd)
        return fd

    # What it cost

    def note_up(self):
        self.boot_seconds = time.monotonic() - self.started

    def note_end(self):
        """Adds the run's line to the file that TIMES names, once QEMU has ended or is killed."""
        path = os.environ.get(TIMES)
        if not path:
            return
        with contextlib.suppress(OSError), open(path, "a", encoding="utf-8") as times:
            used = ended_cpu_seconds(self.qemu.pid)
            times.write(f"{self.boot_seconds or 0:.1f}\t{time.monotonic() - self.started:.1f}\t"
                        f"{used:.1f}\t{' '.join(self.title.split())}\n")

    # The end

    def kill(self):
        self.qemu.kill()
        self.qemu.wait()

    def expire(self):
        self.timed_out = self.ports.status is None
        self.qemu.kill()

    def stop(self):
        """Ends the lab now; its job then has no result. Does nothing if the lab has ended."""
        self.stopped = True
        self.qemu.kill()
        self.ports.join()
        self.resources.close()

    def wait(self):
        """Waits for the job's end and returns a Result; raises LabError if the lab failed."""
        self.ports.join()
        status = self.ports.status
        if status is None and self.timed_out and self.ports.is_up:
            status = TIMED_OUT
            self.lab.keep()
        try:
            if self.ports.failure or status is None:
                self.lab.keep()
                raise self.ports.failure or self.why()
        finally:
            self.resources.close()
        return Result(status, self.ports.output.decode(errors="replace"), self.lab.out,
                      self.console, self.timed_out)

    def why(self):
        """What is known about a lab that ended before its job did, as an exception."""
        if self.stopped:
            return LabError("the lab was stopped")
        text = ["the lab's host ended before its job did"]
        if self.timed_out:
            text = [f"the lab's host did not come up within {self.lab.timeout:g} s"]
        self.stderr.seek(0)
        said = self.stderr.read().decode(errors="replace").strip()
        if self.qemu.returncode in CRASHES:
            name = signal.Signals(-self.qemu.returncode).name
            return EmulatorAbort(f"QEMU crashed ({name}), a bug of the emulator that shows on busy "
                                 f"machines; try again, or see Traps in lab/README.md: "
                                 f"{said or 'it said nothing'} (console: {self.console})")
        if said:
            text.append(f"QEMU says: {said}")
        console = ""
        with contextlib.suppress(OSError):
            console = self.console.read_text(errors="replace")
        if console:
            text += [f"the end of its console ({self.console}):", *console.splitlines()[-12:]]
        # A kernel that resets the machine logs why; after a triple fault it cannot.
        if self.qemu.returncode == 0 and not said and "Kernel panic" not in console:
            return EmulatorAbort("\n".join(["the lab's host was reset without a panic, a bug of the "
                                            "emulator (see Traps in lab/README.md)", *text]))
        return LabError("\n".join(text))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # Meanwhile

    def stands(self, seconds):
        """An exception for a host without a sign of life for so long; it says where the host hangs."""
        try:
            registers = self.qmp.call("human-monitor-command",
                                      **{"command-line": "info registers -a"})
            at = ", ".join(re.findall("RIP=[0-9a-f]+", registers))
        except LabError as e:
            at = str(e)
        return EmulatorAbort(f"the lab's host has stood still for {seconds} s, a bug of the "
                             f"emulator (see Traps in lab/README.md): {at} "
                             f"(console: {self.console})")

    def type(self, data):
        """Sends bytes to the shell's terminal."""
        self.ports.output_port.sendall(data)

    def resize(self, columns, rows):
        """Tells the shell's terminal how large it is."""
        self.size.sendall(f"{columns} {rows}\n".encode())

    def check_card(self, card):
        """Raises LabError if there is no card of that name."""
        cards = [c.id for c in self.lab.topology.cards]
        if card not in cards:
            raise LabError(f"no card '{card}' is in the lab; there are {', '.join(cards)}")

    def dump(self, card, kind):
        """What card shows now, as the bytes of a png or ppm file."""
        self.check_card(card)
        with self.picture_lock:
            try:
                self.qmp.call("screendump", filename=f"/dev/fd/{self.picture}", device=card,
                              format=kind)
            except LabError as e:
                raise LabError(f"no picture of '{card}': {e}") from e
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

    def text(self, card):
        """The text that card shows now; a cell that matches no glyph becomes U+FFFD."""
        lines = None
        for _ in range(BLINKS):
            image = screen.parse_ppm(self.dump(card, "ppm"))
            new = screen.read(image, fonts.known(self.kernel.image))
            lines = screen.merge(lines, new) or new if lines else new
            if not any(screen.UNKNOWN in line for line in lines):
                break
            time.sleep(BLINK)
        return screen.finish(lines)


class Lab:
    """A lab to run jobs in, one after another.

    topology: a Topology, a file or the name of one of the lab's. out: the directory that a job sees
    as $OUT, created if it is missing; without one, a temporary directory that is deleted with this
    object, except after a failure. timeout: seconds or None. memory: MiB.
    """

    def __init__(self, topology="default", out=None, timeout=300, memory=MEMORY,
                 package=kernel.PACKAGE):
        self.topology = (topology if isinstance(topology, topologies.Topology)
                         else topologies.load(topology))
        self.forget = None
        if out is None:
            out = tempfile.mkdtemp(prefix="lab-")
            self.forget = weakref.finalize(self, shutil.rmtree, out, True)
        self.out = pathlib.Path(out).resolve()
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise LabError(f"cannot make the directory {out}: {e.strerror}") from e
        self.timeout, self.memory, self.package = timeout, memory, package

    def keep(self):
        """Keeps a temporary `out`, for the console's log in it."""
        if self.forget:
            self.forget.detach()

    def start(self, script, arguments=(), on_output=None):
        """Starts script (a program, or a file for /bin/sh) in the lab and returns a Run. on_output
        gets what it prints, as bytes, from another thread."""
        path = pathlib.Path(script).resolve()
        if not path.is_file():
            raise LabError(f"{script} is not a file")
        if path.parts[1] in HIDDEN:
            raise LabError(f"{path}: the lab has a /{path.parts[1]} of its own; "
                           "put the script elsewhere")
        interpreter = [] if os.access(path, os.X_OK) else ["/bin/sh"]
        return Run(self, [*interpreter, str(path), *map(str, arguments)], "run", on_output)

    def shell(self, on_output):
        """Starts a shell in the lab, on a terminal, and returns a Run."""
        return Run(self, ["/bin/bash", "-l"], "shell", on_output)

    def run(self, script, arguments=(), on_output=None, tries=TRIES):
        """Runs script to its end and returns a Result. tries: how often to start it when QEMU
        crashes; what a failed start left in `out` is deleted before the next."""
        before = set(self.out.iterdir())
        for left in reversed(range(tries)):
            try:
                with self.start(script, arguments, on_output) as run:
                    return run.wait()
            except EmulatorAbort as e:
                if not left:
                    raise
                print(f"lab: starting again: {e}", file=sys.stderr, flush=True)
            for path in set(self.out.iterdir()) - before:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
