# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel without its decompressor, which takes three seconds under emulation.

build(image) returns a bzImage whose protected-mode part is the kernel in the stock image, byte for
byte and at the address where the stock image would unpack it without KASLR. Code before it jumps
there from both entry points of the boot protocol (Documentation/arch/x86/boot.rst): the 64-bit one
and the 32-bit one, which the image's own setup code uses, too. There is no EFI entry point.
"""
import gzip
import hashlib
import lzma
import os
import pathlib
import struct
import subprocess
import tempfile

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
# The space before the kernel, which keeps the kernel's alignment and contains the jump.
LEAD = 2 << 20
SLACK = 64 << 10

# In the lead, as offsets: the jump's %rsi, a table of segments and its pointer, page tables (the root and
# one that maps 512 GiB, then the four that map 2 MiB a page).
LONG = ENTRY_64 - 2
GDT, GDT_POINTER, ROOT, MAPPED_GIB = 0x1000, 0x1040, 0x2000, 4
STAGE_2 = 0x36


def decompress(payload):
    """The payload's content; None if its format is not known here."""
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
    """(physical address, bytes, size in memory) of each segment that a 64-bit ELF file loads."""
    offset, = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    for at in range(offset, offset + size * count, size):
        kind, _, start, _, address, in_file, in_memory = struct.unpack_from("<IIQQQQQ", elf, at)
        if kind == PT_LOAD:
            yield address, elf[start:start + in_file], in_memory


def entry_32(start, length):
    """The code of the 32-bit entry point, where %esi has the boot parameters' address. It moves
    everything to its final address, turns on long mode, and continues at the 64-bit entry point."""
    def word(value):
        return struct.pack("<I", value).hex()

    return bytes.fromhex(
        "fafc"                                  # cli; cld
        "8da6e8010000"                          # lea 0x1e8(%esi), %esp: a scratch word there
        "e800000000 5b 83eb0d"                  # where this was loaded, in %ebx
        "89f5"                                  # mov %esi, %ebp
        f"81fb{word(start)} 7414"               # cmp $start, %ebx; je stage 2
        "fd"                                    # std: source and target overlap
        f"8db3{word(length - 4)}"               # lea length-4(%ebx), %esi
        f"bf{word(start + length - 4)}"         # mov $start+length-4, %edi
        f"b9{word(length // 4)} f3a5 fc"        # rep movsl; cld
        f"b8{word(start + STAGE_2)} ffe0"       # jmp to stage 2, here
        f"0f0115{word(start + GDT_POINTER)}"    # lgdt
        "0f20e0 83c820 0f22e0"                  # cr4 |= PAE
        f"b8{word(start + ROOT)} 0f22d8"        # cr3
        "b9800000c0 0f32 0fbae808 0f30"         # EFER |= LME
        "0f20c0 0d01000080 0f22c0"              # cr0 |= PG
        f"ea{word(start + LONG)}1000")          # ljmp to the code segment of 64 bits


def fill_lead(flat, start, length, entry):
    """Fills the space before the kernel: both entry points and the tables that the first needs."""
    code = entry_32(start, length)
    flat[:len(code)] = code
    flat[LONG:ENTRY_64] = bytes.fromhex("89ee")  # mov %ebp, %esi
    struct.pack_into("<Bi", flat, ENTRY_64, 0xe9, entry - (start + ENTRY_64 + 5))
    struct.pack_into("<4Q", flat, GDT, 0, 0, 0xaf9b000000ffff, 0xcf93000000ffff)
    struct.pack_into("<HI", flat, GDT_POINTER, 31, start + GDT)
    root, gibs, pages = (start + ROOT + n * 4096 for n in range(3))
    struct.pack_into("<Q", flat, root - start, gibs | 3)
    for n in range(MAPPED_GIB):
        struct.pack_into("<Q", flat, gibs - start + 8 * n, pages + 4096 * n | 3)
    for n in range(MAPPED_GIB * 512):
        struct.pack_into("<Q", flat, pages - start + 8 * n, n << 21 | 0x83)


def build(image):
    """The new file's bytes; None if the image has another structure."""
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
    # The kernel itself clears its .bss; keep a little more than its data.
    length = len(flat.rstrip(b"\0")) + SLACK
    flat = flat[:length - length % 16]
    fill_lead(flat, start, len(flat), entry)
    init_size, = struct.unpack_from("<I", image, INIT_SIZE)
    struct.pack_into("<I", setup, SYSSIZE, len(flat) // 16)
    struct.pack_into("<B", setup, RELOCATABLE, 0)
    struct.pack_into("<Q", setup, PREF_ADDRESS, start)
    struct.pack_into("<I", setup, INIT_SIZE, max(init_size + LEAD, end - start))
    return bytes(setup) + bytes(flat)


def image_of(k):
    """The path of the lab's kernel k without its decompressor, from the cache. Returns the stock
    image if that has another structure, or if the cache lacks it and belongs to another user."""
    key = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:16]
    path = k.directory / f"vmlinuz-unpacked-{key}"
    if not path.exists():
        try:
            new = tempfile.NamedTemporaryFile(dir=k.directory, prefix=".new-", delete=False)
        except OSError:
            return k.image
        with new:
            try:
                new.write(build(k.image.read_bytes()) or b"")
                new.flush()
                os.chmod(new.name, 0o644)
                for old in k.directory.glob("vmlinuz-unpacked-*"):
                    old.unlink(missing_ok=True)
                os.rename(new.name, path)
            except BaseException:
                os.unlink(new.name)
                raise
    return path if path.stat().st_size else k.image
