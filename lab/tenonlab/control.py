# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests to a running lab: lines of words, answered by 'ok COUNT' and COUNT lines, or by 'error
WHY'.

They come from inside through the control port, and from other programs of the same user through a
socket in the abstract namespace, which vanishes with its process and so never becomes stale.
"""
import os
import re
import socket
import struct
import time

from .errors import LabError

PREFIX = "tenon-lab"
LONGEST = 1 << 16


class Listener:
    """The socket through which other programs reach the lab of this process."""

    count = 0

    def __init__(self):
        Listener.count += 1
        self.name = f"{os.getpid()}.{Listener.count}"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(f"\0{PREFIX}/{os.getuid()}/{self.name}")
        self.socket.listen()

    def accept(self):
        """The next program's connection, or None when it belongs to somebody else."""
        connection, _ = self.socket.accept()
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        if struct.unpack("3i", peer)[1] not in (0, os.getuid()):
            connection.close()
            return None
        return connection


class Lines:
    """Splits what arrives on a connection into lines."""

    def __init__(self, connection):
        # A peer that does not read must not stop the lab.
        connection.settimeout(5)
        self.connection = connection
        self.rest = b""

    def fileno(self):
        return self.connection.fileno()

    def read(self):
        """The complete lines that have arrived, or None at the end."""
        try:
            data = self.connection.recv(LONGEST)
        except OSError:
            data = b""
        if not data or len(self.rest) > LONGEST:
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def answer(self, lines):
        text = "".join(line + "\n" for line in [f"ok {len(lines)}", *lines])
        self.send(text)

    def refuse(self, why):
        self.send("error " + " ".join(str(why).split()) + "\n")

    def send(self, text):
        try:
            self.connection.sendall(text.encode())
        except OSError:
            pass


def in_out(run, name):
    """The file of that name in the directory that the run leaves."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise LabError(f"'{name}' is not a name for a file: letters, digits, . _ -")
    return run.lab.out / name


class Wait:
    """A request that is answered when a pattern is found or its time is up: with a line 'found' or
    'missing', followed by the text of the screen if it concerns one."""

    def __init__(self, lines, run, rest, look):
        self.lines, self.run, self.look = lines, run, look
        try:
            self.where, count, seconds, pattern = rest.split(" ", 3)
            self.count, self.end = int(count), time.monotonic() + float(seconds)
            self.pattern = re.compile(pattern, re.M)
        except (ValueError, re.error) as e:
            raise LabError(f"cannot wait for '{rest}': {e}") from e

    def poll(self):
        """Whether it has been answered."""
        text, shown = self.look(self.run, self.where)
        matches = sum(1 for _ in self.pattern.finditer(text))
        found = matches >= self.count if self.count else not matches
        if found or time.monotonic() >= self.end:
            self.lines.answer(["found" if found else "missing", *shown])
            return True
        return False


def file_text(run, name):
    try:
        return in_out(run, name).read_bytes().decode(errors="replace"), []
    except FileNotFoundError:
        return "", []


def screen_text(run, card):
    try:
        text = run.text(card)
    except LabError:
        # It shows no text at the moment, or is between two modes.
        run.check_card(card)
        text = ""
    return text, text.splitlines()


WAITS = {"wait": file_text, "wait-text": screen_text}


def plug(run, words):
    """Plugs a device into the host: NAME MODEL[,PROPERTY=VALUE...] [FILE]."""
    name, device, *file = words
    model, *properties = device.split(",")
    arguments = dict(p.partition("=")[::2] for p in properties)
    if file:
        path = str(in_out(run, file[0]))
        if path not in run.blocks.values():
            run.qmp.call("blockdev-add", **{"node-name": name, "driver": "raw",
                                            "file": {"driver": "file", "filename": path}})
            run.blocks[name] = path
        arguments["drive"] = name
    run.qmp.call("device_add", driver=model, id=name, **arguments)


def press(run, card, keys):
    """Presses and releases keys on the keyboard that belongs to a card (its property display)."""
    for key in keys:
        for down in (True, False):
            run.qmp.call("input-send-event", device=card, head=0, events=[
                {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}])


def handle(lines, request, run, inside):
    """Answers one request about run; returns a Wait if the answer takes time."""
    verb, _, rest = request.partition(" ")
    card, _, name = rest.partition(" ")
    try:
        if verb == "screenshot":
            run.screenshot(card, in_out(run, f"{name}.png") if inside else name)
            lines.answer([])
        elif verb == "text":
            lines.answer(run.text(card).splitlines())
        elif verb in WAITS:
            return Wait(lines, run, rest, WAITS[verb])
        elif verb == "plug":
            plug(run, rest.split(" "))
            lines.answer([])
        elif verb == "unplug":
            run.qmp.call("device_del", id=rest)
            lines.answer([])
        elif verb == "key":
            press(run, card, name.split(" "))
            lines.answer([])
        elif verb == "about":
            lines.answer([run.title])
        else:
            raise LabError(f"unknown request '{verb}'")
    except (LabError, OSError) as e:
        lines.refuse(e)
    return None


def running():
    """The names of the running labs of this user."""
    start = f"@{PREFIX}/{os.getuid()}/"
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as f:
        names = {text.split()[-1].removeprefix(start) for text in f if start in text}
    return sorted(names)


def ask(name, *words):
    """Sends one request to the lab called name and returns the answer's lines."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(f"\0{PREFIX}/{os.getuid()}/{name}")
            s.sendall((" ".join(words) + "\n").encode())
            with s.makefile("r", encoding="utf-8") as f:
                verdict, _, rest = f.readline().rstrip("\n").partition(" ")
                if verdict != "ok":
                    raise LabError(rest or "the lab ended")
                return [f.readline().rstrip("\n") for _ in range(int(rest))]
        except OSError as e:
            raise LabError(f"the lab {name} does not answer: {e.strerror or e}") from e


def find(name=None):
    """The running lab called name, or the only one."""
    names = running()
    if name in names:
        return name
    if name or not names:
        raise LabError(f"no lab called {name} is running" if name else "no lab is running")
    if len(names) > 1:
        listing = "".join(f"\n  {n}  {ask(n, 'about')[0]}" for n in names)
        raise LabError("several labs are running; choose one with --lab:" + listing)
    return names[0]
