# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture that the guest's step drm draws, or that a boot loader is given, and its comparison
with a screenshot."""
import struct
import zlib


def pattern(seed, width, height):
    """The picture's bytes, three per pixel (red, green, blue), row by row from the top."""
    noise = seed & 0xffffffff
    blue = bytearray(width * height)
    for i in range(width * height):
        noise = (noise * 1664525 + 1013904223) & 0xffffffff
        blue[i] = noise >> 24
    red = bytes((x * 256 // width + seed) & 0xff for x in range(width))
    picture = bytearray(3 * width * height)
    picture[0::3] = red * height
    picture[1::3] = b"".join(bytes([(y * 256 // height + (seed >> 8)) & 0xff]) * width
                             for y in range(height))
    picture[2::3] = blue
    return bytes(picture)


def chunks(data):
    """(type, content) of each chunk of a PNG file (ISO/IEC 15948, section 5.3)."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("this is not a PNG file")
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8:at + 8 + length]
        at += length + 12


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    if pa <= pb and pa <= pc:
        return a
    return b if pb <= pc else c


def unfilter(kind, row, above, step):
    """Undoes a row's filter in place (section 9); step is the size of a pixel."""
    if kind == 1:
        for i in range(step, len(row)):
            row[i] = (row[i] + row[i - step]) & 0xff
    elif kind == 2:
        for i, up in enumerate(above):
            row[i] = (row[i] + up) & 0xff
    elif kind == 3:
        for i, up in enumerate(above):
            left = row[i - step] if i >= step else 0
            row[i] = (row[i] + (left + up) // 2) & 0xff
    elif kind == 4:
        for i, up in enumerate(above):
            left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
            row[i] = (row[i] + paeth(left, up, corner)) & 0xff
    elif kind:
        raise ValueError(f"a PNG file has no filter {kind}")


def read_png(path):
    """(width, height, bytes as pattern() gives them) of a PNG file of 8-bit RGB or RGBA."""
    header, packed = None, bytearray()
    with open(path, "rb") as f:
        for kind, content in chunks(f.read()):
            if kind == b"IHDR":
                header = struct.unpack(">IIBBBBB", content)
            elif kind == b"IDAT":
                packed += content
    width, height, depth, colour, _, _, interlaced = header
    if depth != 8 or colour not in (2, 6) or interlaced:
        raise ValueError(f"{path}: depth {depth}, colour type {colour}: only plain RGB is known")
    step = 3 if colour == 2 else 4
    data, picture, above = zlib.decompress(packed), bytearray(), bytes(width * step)
    for at in range(0, height * (width * step + 1), width * step + 1):
        row = bytearray(data[at + 1:at + 1 + width * step])
        unfilter(data[at], row, above, step)
        above = row
        if step == 4:
            row = bytearray(row)
            del row[3::4]
        picture += row
    return width, height, bytes(picture)


def write_png(path, seed, width, height):
    """The picture as a PNG file."""
    rows = pattern(seed, width, height)
    step = 3 * width
    packed = zlib.compress(b"".join(b"\0" + rows[at:at + step]
                                    for at in range(0, len(rows), step)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n")
        for kind, content in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")):
            f.write(struct.pack(">I", len(content)) + kind + content +
                    struct.pack(">I", zlib.crc32(kind + content)))


def difference(path, seed, width=None, height=None):
    """What tells the PNG file at path from the picture of seed: '' if nothing does."""
    is_width, is_height, shown = read_png(path)
    wanted = (width or is_width, height or is_height)
    if (is_width, is_height) != wanted:
        return f"the size is {is_width}x{is_height}, not {wanted[0]}x{wanted[1]}"
    drawn = pattern(seed, is_width, is_height)
    if shown == drawn:
        return ""
    wrong = [i for i in range(0, len(drawn), 3) if drawn[i:i + 3] != shown[i:i + 3]]
    first = wrong[0]
    y, x = divmod(first // 3, is_width)
    return (f"{len(wrong)} of {is_width * is_height} pixels differ, the first at {x},{y}: "
            f"#{shown[first:first + 3].hex()} instead of #{drawn[first:first + 3].hex()}")


def compare(path, seed, width=None, height=None):
    """Raises AssertionError, with the first wrong pixel, unless the PNG file is seed's picture."""
    why = difference(path, seed, width, height)
    assert not why, f"{path}: {why}"
