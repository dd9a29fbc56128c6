# SPDX-License-Identifier: GPL-2.0-or-later
"""Connects this terminal to the lab's: raw bytes both ways, and its size."""
import contextlib
import os
import selectors
import signal
import sys
import termios
import tty

ESCAPE = b"\x1d"  # Ctrl-]


@contextlib.contextmanager
def raw(fd):
    """Puts the terminal fd into raw mode, and restores it afterwards."""
    before = termios.tcgetattr(fd)
    try:
        tty.setraw(fd)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def write(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def relay(run):
    """Sends what is typed to run until it ends. Ctrl-] ends the lab; returns True then."""
    source = sys.stdin.fileno()
    resized, wake = os.pipe()

    def tell_size(*_):
        os.write(wake, b".")

    before = signal.signal(signal.SIGWINCH, tell_size)
    tell_size()
    try:
        with selectors.DefaultSelector() as selector:
            for fd in (source, run.ended, resized):
                selector.register(fd, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in selector.select()]
                if run.ended in ready:
                    return False
                if resized in ready:
                    os.read(resized, 64)
                    run.resize(*os.get_terminal_size(source))
                if source in ready:
                    data = os.read(source, 4096)
                    if not data or ESCAPE in data:
                        return True
                    run.type(data)
    finally:
        signal.signal(signal.SIGWINCH, before)
        os.close(resized)
        os.close(wake)
