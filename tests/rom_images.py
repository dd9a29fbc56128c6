# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds option ROMs of headers and filler, intact and damaged."""
import struct

BLOCK = 512
X64, EBC, AA64 = 0x8664, 0x0EBC, 0xAA64


def even_out(data, size=None, at=6):
    """Makes the first @size bytes add up to 0 by setting the byte at @at."""
    data[at] = (data[at] - sum(data[:size or len(data)])) & 0xFF
    return data


def pcir(code, vendor, device, length, last, class_=0x030000, revision=0):
    size = 0x1C if revision >= 3 else 0x18
    return struct.pack("<4sHHHHB3sHHBBH", b"PCIR", vendor, device, 0, size, revision,
                       class_.to_bytes(3, "little"), length // BLOCK, 1, code,
                       0x80 if last else 0, 0).ljust(size, b"\0")


def npde(length, last):
    return struct.pack("<4sHHHB", b"NPDE", 0x101, 11, length // BLOCK, 0x80 if last else 0)


def bios(vendor=0x10DE, device=0x1280, length=4096, last=True, init=None, pcir_length=None,
         npde_=None, fill=0x90, class_=0x030000, right=True):
    """A BIOS image that returns at once; @npde_: length and last of an NPDE structure."""
    data = bytearray([fill]) * length
    init = length if init is None else init
    data[:0x1C] = b"\x55\xaa" + bytes([init // BLOCK & 0xFF, 0xCB]) + bytes(0x14) + b"\x1c\0\0\0"
    data[0x1C:0x34] = pcir(0, vendor, device, length if pcir_length is None else pcir_length, last,
                           class_)
    if npde_:
        data[0x40:0x4B] = npde(*npde_)
    return bytes(even_out(data, init) if right else data)


def driver(machine=X64, subsystem=0x0B, size=1024, code=0xC3):
    """An EFI driver: the headers of PE32+ and one section."""
    data = bytearray(size)
    data[:2] = b"MZ"
    struct.pack_into("<I", data, 0x3C, 0x40)
    struct.pack_into("<4sHHIIIHH", data, 0x40, b"PE", machine, 1, 0, 0, 0, 0xF0, 0x2022)
    struct.pack_into("<H", data, 0x58, 0x20B)
    struct.pack_into("<II", data, 0x58 + 0x38, 0x2000, 0x200)
    struct.pack_into("<H", data, 0x58 + 0x44, subsystem)
    struct.pack_into("<I", data, 0x58 + 0x6C, 16)
    struct.pack_into("<8sIIII", data, 0x148, b".text", size - 0x200, 0x1000, size - 0x200, 0x200)
    data[0x200:] = bytes([code]) * (size - 0x200)
    return bytes(data)


def compress(data):
    """UEFI's compression in its simplest form: one block, in which all bytes have codes of eight
    bits."""
    bits = f"{len(data):016b}" + "00000" + "01010" + f"{256:09b}" + "0000" + "0000"
    bits += "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 8)
    stream = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return struct.pack("<II", len(stream), len(data)) + stream


def efi(payload=None, vendor=0x10DE, device=0x1280, machine=X64, last=True, compression=0,
        subsystem=0x0B, at=0x38, class_=0x030000, length=None):
    """An EFI image around @payload."""
    payload = driver() if payload is None else payload
    length = length or (at + len(payload) + BLOCK - 1) // BLOCK * BLOCK
    data = bytearray(length)
    struct.pack_into("<HHIHHH", data, 0, 0xAA55, length // BLOCK, 0xEF1, subsystem, machine,
                     compression)
    struct.pack_into("<HH", data, 0x16, at, 0x1C)
    data[0x1C:0x34] = pcir(3, vendor, device, length, last, class_)
    data[at:at + len(payload)] = payload[:length - at]
    return bytes(data)


def isa(length=4096):
    data = bytearray(b"\x90") * length
    data[:4] = b"\x55\xaa" + bytes([length // BLOCK, 0xCB])
    data[4:0x34] = b" VIDEO BIOS OF A CARD FOR THE ISA BUS, 1990, IBM"
    return bytes(even_out(data, at=0x41))


def vfct(*records):
    """AMD's ACPI table. A record: bus, device, function, device id, ROM."""
    table = bytearray(0x4C)
    table[:4], table[8] = b"VFCT", 1
    struct.pack_into("<I", table, 0x34, 0x4C)
    for bus, dev, fn, device, rom in records:
        table += struct.pack("<IIIHHHHII", bus, dev, fn, 0x1002, device, 0, 0, 0, len(rom)) + rom
    table += bytes(28)
    struct.pack_into("<I", table, 4, len(table))
    return bytes(even_out(table, at=9))


def nvgi(base, version=3):
    """The header that NVIDIA's flash chips begin with, leading to @base."""
    data = bytearray(b"\xff" * base)
    struct.pack_into("<4sIII", data, 0, b"NVGI", version << 8, 0x80, 0)
    struct.pack_into("<I", data, 0x80, 0x100)
    struct.pack_into("<4sII", data, 0x1100, b"RFRD", 0, base)
    return bytes(data)


LZMA_GUID = bytes.fromhex("98584eee143959429d6edc7bd79403cf")
STANDARD, LZMA = "standard", "lzma"


def section(kind, data):
    return (len(data) + 4).to_bytes(3, "little") + bytes([kind]) + data


def hidden(data, how):
    """A section that contains @data, compressed."""
    if how == STANDARD:
        return section(1, struct.pack("<IB", len(data), 1) + compress(data))
    import lzma
    packed = bytearray(lzma.compress(data, format=lzma.FORMAT_ALONE))
    struct.pack_into("<Q", packed, 5, len(data))
    return section(2, LZMA_GUID + struct.pack("<HH", 24, 1) + bytes(packed))


def volume(*sections):
    """A firmware volume with one file."""
    body = b""
    for one in sections:
        body += one + bytes(-len(one) % 4)
    file = b"\x11" * 16 + b"\0\0" + b"\x02\0" + (len(body) + 24).to_bytes(3, "little") + b"\xf8"
    data = bytearray(0x48) + file + body
    data += b"\xff" * (-len(data) % 4096)
    struct.pack_into("<Q4sIHHHBB", data, 0x20, len(data), b"_FVH", 0, 0x48, 0, 0, 0, 2)
    return bytes(data)


def capsule(data):
    return (bytes.fromhex("bd86663b760d3040b70eb5519e2fc5a0")
            + struct.pack("<III", 28, 0, 28 + len(data)) + data)


def flash(data):
    """A whole flash chip of an Intel board."""
    chip = bytearray(b"\xff" * 0x10000)
    struct.pack_into("<I", chip, 0x10, 0x0FF0A55A)
    return bytes(chip) + data
