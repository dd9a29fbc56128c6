# SPDX-License-Identifier: GPL-2.0-or-later
"""The fonts of text screens, extracted from the installed files that draw them: the VGA BIOS, the
kernel, memtest86+, OVMF and GRUB. None is shipped, and text in a font that is not found cannot be
read.

To add a font, write a function that finds its glyphs and list it in SOURCES.
"""
import dataclasses
import json
import lzma
import os
import pathlib
import re
import struct
import subprocess
import tempfile

from . import kernel

VGA_BIOS = ["/usr/share/seabios/vgabios-stdvga.bin", "/usr/share/qemu/vgabios-stdvga.bin"]
OVMF = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd",
        "/usr/share/ovmf/OVMF.fd", "/usr/share/edk2/ovmf/OVMF_CODE.fd"]
GRUB = ["/usr/share/grub/unicode.pf2"]
MEMTEST = ["/boot/memtest86+x64.efi", "/boot/memtest86+x64.bin"]
# The blank and the first face of code page 437, 8x16: every such table begins with these.
TABLE_437 = bytes(16) + bytes.fromhex("00007e81a58181bd9981817e00000000")
LOW_437 = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
# The GUID of a firmware section that is LZMA-compressed (EE4E5898-3914-4259-9D6E-DC7BD79403CF).
LZMA_SECTION = bytes.fromhex("98584eee143959429d6edc7bd79403cf")
# A narrow glyph in EDK2: the character, attributes, 19 rows (EFI_NARROW_GLYPH, packed).
NARROW = struct.Struct("<HB19s")


@dataclasses.dataclass
class Font:
    """Glyphs 8 wide: the rows' bytes as one number -> the character."""

    name: str
    height: int
    glyphs: dict[int, str]
    # Where the program puts its grid of columns and rows: in the middle, or so many pixels from the
    # top and from the left.
    centred: bool = False
    border: int = 0
    # The pixels that a non-blinking cursor inverts.
    cursor: int = 0


def first_glyphs(pairs):
    """Of characters that look the same, takes an ASCII one, else the lowest."""
    glyphs = {}
    for char, rows in sorted(pairs, key=lambda p: (not " " <= p[0] <= "~", p[0])):
        glyphs.setdefault(int.from_bytes(rows, "big"), char)
    return glyphs


def table_437(data):
    """The glyphs of an 8x16 font in the order of code page 437 that data contains."""
    at = data.find(TABLE_437)
    if at < 0 or len(data) < at + 4096:
        return None
    chars = LOW_437 + bytes(range(32, 127)).decode() + "⌂" + bytes(range(128, 256)).decode("cp437")
    return first_glyphs((c, data[at + 16 * i:at + 16 * i + 16]) for i, c in enumerate(chars))


def unpacked_kernel(data):
    """The kernel in a bzImage, whose offset the boot protocol's header gives (offsets from
    the kernel's Documentation/arch/x86/boot.rst)."""
    setup_sectors = data[0x1F1] or 4
    offset, size = struct.unpack_from("<II", data, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = data[start:start + size]
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x28\xb5\x2f\xfd"):
        # Its size follows the compressed data, so zstd reports an error after it has written
        # everything.
        return subprocess.run(["zstd", "-dc"], input=payload, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
    return b""


def narrow_glyphs(data):
    """EDK2's console font in data, a firmware image: a table in one of its compressed volumes."""
    first = NARROW.pack(ord(" "), 0, bytes(19)) + b"!\0\0"
    for match in re.finditer(re.escape(LZMA_SECTION), data):
        # The section's header: 4 bytes before the GUID, then the offset of the data from there.
        start = match.start() - 4 + int.from_bytes(data[match.end():match.end() + 2], "little")
        try:
            volume = lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(data[start:])
        except lzma.LZMAError:
            continue
        at = volume.find(first)
        if at >= 0:
            return first_glyphs(narrow_table(volume, at))
    return None


def narrow_table(volume, at):
    for char, attributes, rows in NARROW.iter_unpack(
            volume[at:at + (len(volume) - at) // NARROW.size * NARROW.size]):
        if not char:
            return
        if not attributes:
            yield chr(char), rows


def pf2_sections(data):
    """(name, start and length of the content) of each section of GRUB's font format, PFF2."""
    at = 0
    while at + 8 <= len(data):
        name, length = data[at:at + 4], int.from_bytes(data[at + 4:at + 8], "big")
        yield name, at + 8, length
        at += 8 + length


def pf2_glyphs(data):
    """GRUB's font in data: the glyphs of a single cell."""
    found = {name: (start, length) for name, start, length in pf2_sections(data)}
    if b"CHIX" not in found or b"ASCE" not in found:
        return None
    start, length = found[b"CHIX"]
    ascent = int.from_bytes(data[found[b"ASCE"][0]:][:2], "big")
    return first_glyphs(pf2_table(data, start, start + length, ascent))


def pf2_table(data, start, end, ascent):
    for at in range(start, end - 8, 9):
        char, flags, place = struct.unpack_from(">IBI", data, at)
        width, height, left, bottom, advance = struct.unpack_from(">HHhhh", data, place)
        top = ascent - bottom - height
        if flags or char > 0xFFFF or advance != 8:
            continue
        if left < 0 or left + width > 8 or top < 0 or top + height > 16:
            continue
        # One bit per pixel, without gaps between the rows.
        size = (width * height + 7) // 8
        bits = int.from_bytes(data[place + 10:place + 10 + size], "big") >> (-width * height % 8)
        rows = [bits >> width * (height - 1 - y) & (1 << width) - 1 for y in range(height)]
        yield chr(char), bytes(top) + bytes(row << (8 - left - width) for row in rows) + \
            bytes(16 - top - height)


# The font without its glyphs, and how these are found in a file's bytes.
SOURCES = {
    "vga": (Font("vga", 16, {}), table_437),
    "linux": (Font("linux", 16, {}), lambda data: table_437(unpacked_kernel(data))),
    "memtest": (Font("memtest", 16, {}, centred=True), table_437),
    "edk2": (Font("edk2", 19, {}, centred=True, cursor=0xFFFFFF), narrow_glyphs),
    "grub": (Font("grub", 16, {}, border=10), pf2_glyphs),
}


def remembered(name, path):
    """The glyphs of the font name from the file path; unpacking takes seconds, so they are kept."""
    stat = path.stat()
    note = kernel.cache() / "fonts" / f"{name}-{stat.st_size:x}-{stat.st_mtime_ns:x}.json"
    try:
        return {int(bits, 16): char for bits, char in json.loads(note.read_text()).items()}
    except (OSError, ValueError):
        pass
    glyphs = SOURCES[name][1](path.read_bytes())
    if glyphs:
        try:
            note.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=note.parent, delete=False) as new:
                json.dump({f"{bits:x}": char for bits, char in glyphs.items()}, new)
            os.replace(new.name, note)
        except OSError:
            pass
    return glyphs


def known(kernel_image):
    """Each font in this machine's files, cheapest first; a generator, so that expensive ones are
    only read when a screen needs them."""
    files = {"vga": VGA_BIOS, "linux": [kernel_image], "memtest": MEMTEST, "edk2": OVMF,
             "grub": GRUB}
    for name, (font, _) in SOURCES.items():
        for path in map(pathlib.Path, files[name]):
            glyphs = remembered(name, path) if path.is_file() else None
            if glyphs:
                yield dataclasses.replace(font, glyphs=glyphs)
                break
