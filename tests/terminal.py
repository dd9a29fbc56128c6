# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command prints on a terminal of a given width."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

END = b"\0end of output\0"


def on_terminal(width, command, *, cwd=None, env=None, stderr=False):
    """Returns what the command writes to the terminal, decoded; lines end in newlines.

    This side keeps the terminal open and writes END behind the command's output. Without that, the
    command's exit is the terminal's last close, and output that nobody has read can be lost with it.
    """
    front, back = pty.openpty()
    fcntl.ioctl(back, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    shown, ended, deadline = b"", False, time.monotonic() + 60
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=back, cwd=cwd, env=env,
                          stderr=back if stderr else subprocess.DEVNULL) as child:
        try:
            while not shown.endswith(END):
                assert time.monotonic() < deadline, (command, shown)
                if select.select([front], [], [], 0.02)[0]:
                    shown += os.read(front, 65536)
                elif not ended and child.poll() is not None:
                    os.write(back, END)
                    ended = True
        finally:
            child.kill()
            os.close(front)
            os.close(back)
    return shown.removesuffix(END).decode().replace("\r\n", "\n")
