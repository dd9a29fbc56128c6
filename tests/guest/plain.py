# SPDX-License-Identifier: GPL-2.0-or-later
"""The kit under QEMU's own emulation, without the lab and without tenon: what fails here too is
the kit's fault or the kernel's.

    with Plain(image, initrd, "tenon.steps=drm+hold=wait", ["bochs-display,id=gpu"]) as guest:
        guest.wait_for("STEP drm")
        guest.screenshot("gpu", path)
        guest.say("continue")
        text = guest.end()
"""
import os
import select
import socket
import subprocess
import time

from tenonlab.qmp import Qmp

MEMORY = 256


class Plain:
    def __init__(self, kernel, initrd, cmdline, devices, options=(), timeout=120):
        self.deadline = time.monotonic() + timeout
        self.seen = b""
        ours, theirs = socket.socketpair()
        argv = ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35", "-m", str(MEMORY),
                "-nodefaults", "-vga", "none", "-display", "none", "-serial", "stdio",
                "-kernel", kernel, "-initrd", initrd, "-append", f"console=ttyS0 {cmdline}",
                "-chardev", f"socket,id=qmp,fd={theirs.fileno()}",
                "-mon", "chardev=qmp,mode=control", *options]
        for device in devices:
            argv += ["-device", device]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, pass_fds=[theirs.fileno()])
        theirs.close()
        self.qmp = Qmp(ours)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.communicate()
        self.qmp.file.close()
        self.qmp.sock.close()

    @property
    def text(self):
        return self.seen.decode(errors="replace").replace("\r", "")

    def read(self):
        """Adds what comes next; False at the end."""
        out = self.process.stdout.fileno()
        left = self.deadline - time.monotonic()
        assert left > 0 and select.select([out], [], [], left)[0], f"too late:\n{self.text}"
        data = os.read(out, 65536)
        self.seen += data
        return bool(data)

    def wait_for(self, start):
        """Waits for a whole line that starts with start."""
        while not any(line.startswith(start) for line in self.text.split("\n")[:-1]):
            assert self.read(), f"no line '{start}':\n{self.text}"

    def say(self, line):
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def screenshot(self, device, path):
        self.qmp.call("screendump", device=device, filename=str(path), format="png")

    def end(self):
        """Waits for QEMU's end; all that the guest printed."""
        while self.read():
            pass
        status = self.process.wait()
        assert status == 0, f"QEMU: exit {status}:\n{self.text}"
        return self.text
