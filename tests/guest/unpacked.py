# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel without its decompressor: most of a guest's start under emulation.

unpacked(image) gives a bzImage whose protected-mode part is the kernel that the stock image holds,
byte for byte where it would have unpacked itself without KASLR, behind a jump to it. It starts
where the 64-bit boot protocol is followed (tenon), not by a 16- or 32-bit entry (SeaBIOS, QEMU).
"""
import gzip
import lzma
import pathlib
import struct
import subprocess

from guest.cache import cached

SECTOR = 512
ENTRY_64 = 0x200
# Of struct setup_header, Documentation/arch/x86/boot.rst: offsets in the file.
SETUP_SECTS = 0x1f1
SYSSIZE = 0x1f4
MAGIC = 0x202
RELOCATABLE = 0x234
PAYLOAD_OFFSET = 0x248
PAYLOAD_LENGTH = 0x24c
PREF_ADDRESS = 0x258
INIT_SIZE = 0x260
PT_LOAD = 1
# Before the kernel, so much room that its alignment stays; the jump is in it.
LEAD = 2 << 20
SLACK = 64 << 10


def decompress(payload):
    """The payload's content; None if nothing here knows its format."""
    if payload[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(payload)
    if payload[:2] == b"\x1f\x8b":
        return gzip.decompress(payload[:-4])
    if payload[:4] == b"\x28\xb5\x2f\xfd":
        try:
            return subprocess.run(["zstd", "-dc"], input=payload[:-4], check=True,
                                  capture_output=True).stdout
        except OSError:
            return None
    return None


def segments(elf):
    """(physical address, bytes, size in memory) of what an ELF file of 64 bits loads."""
    offset, = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    for at in range(offset, offset + size * count, size):
        kind, _, start, _, address, in_file, in_memory = struct.unpack_from("<IIQQQQQ", elf, at)
        if kind == PT_LOAD:
            yield address, elf[start:start + in_file], in_memory


def build(image):
    """The new file's bytes; None if the image is of another make."""
    setup = bytearray(image[:((image[SETUP_SECTS] or 4) + 1) * SECTOR])
    if image[MAGIC:MAGIC + 4] != b"HdrS":
        return None
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    elf = decompress(image[len(setup) + offset:len(setup) + offset + length])
    if not elf or elf[:4] != b"\x7fELF":
        return None
    parts = sorted(segments(elf))
    entry, = struct.unpack_from("<Q", elf, 0x18)
    start = parts[0][0] - LEAD
    end = max(address + size for address, _, size in parts)
    flat = bytearray(max(address + len(data) for address, data, _ in parts) - start)
    for address, data, _ in parts:
        flat[address - start:address - start + len(data)] = data
    struct.pack_into("<Bi", flat, ENTRY_64, 0xe9, entry - (start + ENTRY_64 + 5))
    # The kernel itself clears what lies at its end; a little more than its data stays.
    length = len(flat.rstrip(b"\0")) + SLACK
    flat = flat[:length - length % 16]
    init_size, = struct.unpack_from("<I", image, INIT_SIZE)
    struct.pack_into("<I", setup, SYSSIZE, len(flat) // 16)
    struct.pack_into("<B", setup, RELOCATABLE, 0)
    struct.pack_into("<Q", setup, PREF_ADDRESS, start)
    struct.pack_into("<I", setup, INIT_SIZE, max(init_size + LEAD, end - start))
    return bytes(setup) + bytes(flat)


def unpacked(image):
    """The path of the image without its decompressor; image itself where that cannot be made."""
    content = pathlib.Path(image).read_bytes()

    def make(path):
        pathlib.Path(path).write_bytes(build(content) or b"")

    path = cached("vmlinuz", content + pathlib.Path(__file__).read_bytes(), make)
    return path if path.stat().st_size else pathlib.Path(image)
