# SPDX-License-Identifier: GPL-2.0-or-later
"""desk.py FIFO LOG: a keyboard and a mouse of the host's, by uinput, that do what lines in FIFO say:

    type CODE...     press and release each key       down CODE, up CODE
    move X Y WHEEL   the mouse                         unplug, plug: the keyboard
    change N         left and right Ctrl together, N times
    rest SECONDS; wait SECONDS: then a line "waited" is in LOG

LOG gets what a program of the host hears of them: "key CODE VALUE", "move CODE VALUE"; and the
keyboard's lights, "led CODE VALUE". The device files are in LOG as "keyboard PATH", "mouse PATH"."""
import fcntl
import glob
import os
import select
import struct
import sys
import time

EV_SYN, EV_KEY, EV_REL, EV_LED = 0, 1, 2, 0x11
UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_RELBIT, UI_SET_LEDBIT = (0x40045564 + n for n in (0, 1, 2, 5))
UI_DEV_SETUP, UI_DEV_CREATE, UI_DEV_DESTROY = 0x405C5503, 0x5501, 0x5502
EVENT = struct.Struct("llHHi")
BTN_LEFT = 0x110


class Device:
    def __init__(self, name, keys, rels=(), leds=()):
        self.fd = os.open("/dev/uinput", os.O_RDWR | os.O_NONBLOCK)
        for kind, request, codes in ((EV_KEY, UI_SET_KEYBIT, keys), (EV_REL, UI_SET_RELBIT, rels),
                                     (EV_LED, UI_SET_LEDBIT, leds)):
            if codes:
                fcntl.ioctl(self.fd, UI_SET_EVBIT, kind)
            for code in codes:
                fcntl.ioctl(self.fd, request, code)
        fcntl.ioctl(self.fd, UI_DEV_SETUP, struct.pack("<HHHH80sI", 3, 1, 1, 1, name.encode(), 0))
        before = set(glob.glob("/dev/input/event*"))
        fcntl.ioctl(self.fd, UI_DEV_CREATE)
        while not (new := set(glob.glob("/dev/input/event*")) - before):
            time.sleep(0.02)
        self.path = new.pop()
        self.listener = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def send(self, *events):
        for kind, code, value in (*events, (EV_SYN, 0, 0)):
            os.write(self.fd, EVENT.pack(0, 0, kind, code, value))

    def close(self):
        os.close(self.listener)
        os.close(self.fd)


class Desk:
    def __init__(self, log):
        self.log = log
        self.mouse = Device("A mouse", [BTN_LEFT], [0, 1, 8])
        self.keyboard = None
        self.plug()
        self.say(f"mouse {self.mouse.path}")

    def say(self, text):
        self.log.write(text + "\n")
        self.log.flush()

    def plug(self):
        self.keyboard = Device("A keyboard", range(1, 128), leds=[0, 1, 2])
        self.say(f"keyboard {self.keyboard.path}")

    def unplug(self):
        self.keyboard.close()
        self.keyboard = None

    def hear(self, fd):
        """Logs all that is there."""
        while True:
            try:
                data = os.read(fd, EVENT.size)
            except (BlockingIOError, OSError):
                return
            _, _, kind, code, value = EVENT.unpack(data)
            name = {EV_KEY: "key", EV_REL: "move", EV_LED: "led"}.get(kind)
            # The lights are what the device itself is told.
            if name and (kind == EV_LED) == (fd == self.keyboard.fd):
                self.say(f"{name} {code} {value}")

    def hear_all(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            fds = [self.mouse.listener]
            if self.keyboard:
                fds += [self.keyboard.listener, self.keyboard.fd]
            for fd in select.select(fds, [], [], left)[0]:
                self.hear(fd)

    def do(self, command, *words):
        numbers = [float(w) if "." in w else int(w) for w in words]
        if command == "type":
            for code in numbers:
                for value in 1, 0:
                    self.keyboard.send((EV_KEY, code, value))
                    self.hear_all(0.02)
        elif command in ("down", "up"):
            self.keyboard.send((EV_KEY, numbers[0], int(command == "down")))
            self.hear_all(0.02)
        elif command == "move":
            self.mouse.send(*((EV_REL, code, value)
                              for code, value in zip((0, 1, 8), numbers) if value))
        elif command == "change":
            for _ in range(numbers[0]):
                for name, code in (("down", 29), ("down", 97), ("up", 29), ("up", 97)):
                    self.do(name, str(code))
                self.hear_all(0.1)
        elif command in ("rest", "wait"):
            self.hear_all(numbers[0])
            if command == "wait":
                self.say("waited")
        else:
            {"plug": self.plug, "unplug": self.unplug}[command]()


def main():
    fifo, log = sys.argv[1:]
    with open(log, "w", encoding="ascii") as out:
        desk = Desk(out)
        # Open for writing, too, so that it does not end with a writer.
        with os.fdopen(os.open(fifo, os.O_RDWR), encoding="ascii") as lines:
            for line in lines:
                desk.do(*line.split())


main()
