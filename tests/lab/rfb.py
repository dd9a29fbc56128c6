# SPDX-License-Identifier: GPL-2.0-or-later
"""A viewer of VNC, as much as tests want of one (RFC 6143): raw pictures, new sizes, keys.

    rfb.py ADDRESS shot FILE         the picture, as a PPM file
    rfb.py ADDRESS type TEXT         types it, and Enter
    rfb.py ADDRESS key KEYSYM        presses one key, and lets it go
    rfb.py ADDRESS point X,Y,WHEEL   moves the pointer by so much, and turns the wheel down
    rfb.py ADDRESS flood SECONDS     presses keys and moves the pointer without a pause

ADDRESS is HOST:PORT or a socket file. Standard library only."""
import socket
import struct
import sys
import time

RAW, NEW_SIZE = 0, -223
ENTER, SHIFT = 0xFF0D, 0xFFE1
SHIFTED = set('~!@#$%^&*()_+{}|:"<>?ABCDEFGHIJKLMNOPQRSTUVWXYZ')
# A guest under emulation takes its time for each.
KEY_SECONDS = 0.3


class Viewer:
    def __init__(self, address, timeout=30):
        if "/" in address:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            host, _, port = address.rpartition(":")
            self.socket = socket.create_connection((host, int(port)), timeout)
        self.greet()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def get(self, size):
        data = bytearray()
        while len(data) < size:
            more = self.socket.recv(min(size - len(data), 1 << 20))
            if not more:
                raise ConnectionError("the VNC server has hung up")
            data += more
        return bytes(data)

    def numbers(self, form):
        return struct.unpack(form, self.get(struct.calcsize(form)))

    def greet(self):
        """Without a password."""
        version = self.get(12)
        self.socket.sendall(version)
        ways = self.get(self.get(1)[0])
        if 1 not in ways:
            raise PermissionError("the VNC server asks for a password")
        self.socket.sendall(b"\1")
        (result,) = self.numbers(">I")
        if result:
            raise PermissionError("the VNC server does not let us in")
        self.socket.sendall(b"\1")
        self.width, self.height, _, length = self.numbers(">HH16sI")
        self.name = self.get(length).decode()
        # 32 bits, red first.
        self.socket.sendall(bytes([0, 0, 0, 0]) + struct.pack(
            ">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 0, 8, 16))
        self.socket.sendall(struct.pack(">BxHii", 2, 2, RAW, NEW_SIZE))

    def update(self, pixels):
        """One update of pixels, four bytes each; returns them, and whether the size is another."""
        resized = False
        _, count = self.numbers(">BxH")
        for _ in range(count):
            x, y, width, height, encoding = self.numbers(">HHHHi")
            if encoding == NEW_SIZE:
                self.width, self.height = width, height
                pixels, resized = bytearray(width * height * 4), True
                continue
            data = self.get(width * height * 4)
            for row in range(height):
                at = ((y + row) * self.width + x) * 4
                pixels[at:at + width * 4] = data[row * width * 4:(row + 1) * width * 4]
        return pixels, resized

    def picture(self):
        """(width, height, bytes of red, green and blue) of all that is shown now."""
        pixels, resized = bytearray(self.width * self.height * 4), True
        while resized:
            self.socket.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, self.width, self.height))
            pixels, resized = self.update(pixels)
        rgb = bytearray(self.width * self.height * 3)
        for colour in range(3):
            rgb[colour::3] = pixels[colour::4]
        return self.width, self.height, bytes(rgb)

    def key(self, keysym, down):
        self.socket.sendall(struct.pack(">BBHI", 4, down, 0, keysym))

    def press(self, keysym):
        self.key(keysym, True)
        self.key(keysym, False)

    def type(self, text):
        for keysym in [*map(ord, text), ENTER]:
            shifted = keysym < 127 and chr(keysym) in SHIFTED
            if shifted:
                self.key(SHIFT, True)
            self.press(keysym)
            if shifted:
                self.key(SHIFT, False)
            time.sleep(KEY_SECONDS)

    def pointer(self, x, y, buttons=0):
        self.socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def point(self, x, y, wheel):
        """From the middle of the screen."""
        self.pointer(self.width // 2, self.height // 2)
        self.pointer(self.width // 2 + x, self.height // 2 + y)
        for _ in range(wheel):
            self.pointer(self.width // 2 + x, self.height // 2 + y, 16)
            self.pointer(self.width // 2 + x, self.height // 2 + y)
            time.sleep(KEY_SECONDS)

    def flood(self, seconds):
        print("flooding", flush=True)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for n in range(100):
                self.key(ord("a") + n % 26, n % 2)
                self.pointer(n, n, n % 32)


def main(address, what, argument):
    with Viewer(address) as viewer:
        if what == "point":
            viewer.point(*map(int, argument.split(",")))
            return
        if what == "flood":
            viewer.flood(float(argument))
            return
        if what == "key":
            viewer.press(int(argument, 0))
            time.sleep(KEY_SECONDS)
            return
        if what == "type":
            viewer.type(argument)
            return
        width, height, rgb = viewer.picture()
        with open(argument, "wb") as out:
            out.write(b"P6\n%d %d\n255\n" % (width, height) + rgb)


if __name__ == "__main__":
    main(*sys.argv[1:])
