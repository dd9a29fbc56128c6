# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the text from an image of a text screen. Each cell must equal a glyph of the font exactly;
one that matches none becomes U+FFFD, never the nearest."""
import dataclasses
import re

from .errors import LabError

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Line graphics, whose eighth column QEMU repeats as the ninth (codes B0 to DF of page 437).
NINTH_REPEATS = set(bytes(range(0xB0, 0xE0)).decode("cp437"))
# EDK2's text modes other than the one that fills the screen, as columns and rows.
EDK2_MODES = [(80, 25), (80, 50), (100, 31)]


@dataclasses.dataclass
class Image:
    width: int
    height: int
    data: bytes

    def box(self, x, y, width, height):
        stride = self.width * 3
        start = y * stride + x * 3
        return b"".join(self.data[at:at + width * 3]
                        for at in range(start, start + height * stride, stride))


def parse_ppm(data):
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not head or len(data) - head.end() != 3 * int(head[1]) * int(head[2]):
        raise LabError("QEMU's picture is not a PPM file")
    return Image(int(head[1]), int(head[2]), data[head.end():])


class Grid:
    """The cells of an image: columns x rows of width x the font's height, from (x, y) on."""

    def __init__(self, image, font, width, columns, rows, x=0, y=0):
        self.image, self.font, self.width = image, font, width
        self.columns, self.rows, self.x, self.y = columns, rows, x, y
        self.seen = {}
        self.lines = []
        self.known = self.unknown = 0

    def read(self):
        """Fills lines, and counts the known and the unknown cells that show something."""
        height = self.font.height
        background = self.image.data[:3]
        for row in range(self.rows):
            line = ""
            for column in range(self.columns):
                cell = self.image.box(self.x + column * self.width, self.y + row * height,
                                      self.width, height)
                if cell not in self.seen:
                    self.seen[cell] = self.char(cell, background)
                line += self.seen[cell]
            self.lines.append(line)
        text = "".join(self.lines)
        self.unknown = text.count(UNKNOWN) + self.outside(background)
        self.known = len(text) - text.count(" ") - text.count(UNKNOWN)
        return self

    def outside(self, background):
        """Counts rows of pixels that show something outside the grid."""
        right, bottom = self.x + self.columns * self.width, self.y + self.rows * self.font.height
        count = 0
        for y in range(self.image.height):
            row = self.image.box(0, y, self.image.width, 1)
            if self.y <= y < bottom:
                row = row[:self.x * 3] + row[right * 3:]
            count += row != background * (len(row) // 3)
        return count

    def char(self, cell, background):
        pixels = [cell[at:at + 3] for at in range(0, len(cell), 3)]
        colours = set(pixels)
        if len(colours) == 1:
            return " "
        if len(colours) > 2:
            return UNKNOWN
        found = {back: self.glyph([p != back for p in pixels]) for back in colours}
        found = {back: char for back, char in found.items() if char}
        if len(found) == 1:
            return next(iter(found.values()))
        # Half blocks look the same with swapped colours: only the screen's background tells them
        # apart.
        return found.get(background, UNKNOWN)

    def glyph(self, dots):
        """The character whose glyph has exactly these pixels, or None."""
        bits = ninth = eighth = 0
        for row in range(self.font.height):
            cells = dots[row * self.width:(row + 1) * self.width]
            bits = bits << 8 | sum(1 << (7 - i) for i in range(8) if cells[i])
            eighth = eighth << 1 | cells[7]
            ninth = ninth << 1 | cells[-1]
        char = self.font.glyphs.get(bits)
        if not char and self.font.cursor:
            char = self.font.glyphs.get(bits ^ self.font.cursor)
        if self.width == 9 and ninth and not (ninth == eighth and char in NINTH_REPEATS):
            return None
        return char


def grids(image, font):
    """The grids that font's cells may form on image."""
    w, h, high = image.width, image.height, font.height
    if font.border:
        yield Grid(image, font, 8, (w - 2 * font.border) // 8, (h - 2 * font.border) // high,
                   font.border, font.border)
        return
    if not font.centred:
        if w == 720 and h % high == 0:
            yield Grid(image, font, 9, w // 9, h // high)
        yield Grid(image, font, 8, w // 8, h // high)
        return
    for columns, rows in [(w // 8, h // high), *EDK2_MODES]:
        if columns * 8 <= w and rows * high <= h:
            yield Grid(image, font, 8, columns, rows,
                       (w - columns * 8) // 2, (h - rows * high) // 2)


def read(image, fonts):
    """The lines of the text screen image, each as long as the screen is wide. Raises LabError if it
    shows something but no character of any font."""
    best = None
    for font in fonts:
        for grid in grids(image, font):
            grid.read()
            if grid.unknown == 0:
                return grid.lines
            if not best or grid.known - grid.unknown > best.known - best.unknown:
                best = grid
    if not best or not best.known:
        raise LabError(f"the screen ({image.width}x{image.height}) shows no text in a known font")
    return best.lines


def merge(older, newer):
    """Merges two readings, of which one may know a character that the other does not, because a
    blinking cursor hides it only half the time. Returns None if they differ in any other way."""
    if [len(line) for line in older] != [len(line) for line in newer]:
        return None
    merged = []
    for a, b in zip(older, newer):
        if any(x != y and UNKNOWN not in (x, y) for x, y in zip(a, b)):
            return None
        merged.append("".join(y if x == UNKNOWN else x for x, y in zip(a, b)))
    return merged


def finish(lines):
    """Joins the lines, without blanks at their ends and without empty lines at the end of the
    screen."""
    return "\n".join(line.rstrip() for line in lines).rstrip("\n")
