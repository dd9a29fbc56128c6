# SPDX-License-Identifier: GPL-2.0-or-later
"""Text that a guest drew over the picture of pattern.py, from a screenshot."""
import pathlib

from guest import pattern
from tenonlab import fonts, screen

BLACK, WHITE = bytes(3), b"\xff" * 3


def font_called(name):
    return next(f for f in fonts.known(pathlib.Path("/nonexistent")) if f.name == name)


def text_over(path, seed, colour, font, border, size):
    """The text in the PNG file at path, drawn in colour (bytes) with the font called so, from border
    dots below the top and right of the left on. AssertionError unless each other dot is the
    picture's and each cell a character."""
    width, height, shown = pattern.read_png(path)
    assert (width, height) == size, f"{path}: {width}x{height}"
    drawn = pattern.pattern(seed, width, height)
    ink = bytearray()
    for at in range(0, len(shown), 3):
        dot = shown[at:at + 3]
        ink += WHITE if dot == colour else BLACK
        assert dot in (colour, drawn[at:at + 3]), \
            f"{path}: #{dot.hex()} instead of #{drawn[at:at + 3].hex()} at " \
            f"{at // 3 % width},{at // 3 // width}"
    font = font_called(font)
    grid = screen.Grid(screen.Image(width, height, bytes(ink)), font, 8, (width - 2 * border) // 8,
                       (height - 2 * border) // font.height, border, border).read()
    text = screen.finish(grid.lines)
    assert not grid.unknown, f"{path}: {grid.unknown} cells or rows show no character:\n{text}"
    return text
