# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's step nvme writes."""
import array
import hashlib
import struct
import sys

MIB = 1 << 20
SECTOR = 512


def blocks(seed, mebibytes):
    """Yields the data in pieces of 1 MiB: noise, the same in each piece, in which the first eight
    bytes of each sector are its number."""
    words = array.array("I", bytes(MIB))
    noise = seed & 0xffffffff
    for i in range(len(words)):
        noise = (noise * 1664525 + 1013904223) & 0xffffffff
        words[i] = noise
    if sys.byteorder == "big":
        words.byteswap()
    piece = bytearray(words.tobytes())
    for first in range(0, mebibytes * MIB, MIB):
        for at in range(0, MIB, SECTOR):
            struct.pack_into("<Q", piece, at, (first + at) // SECTOR)
        yield bytes(piece)


def sha256(seed, mebibytes):
    """The SHA-256 of all pieces, in hexadecimal."""
    total = hashlib.sha256()
    for piece in blocks(seed, mebibytes):
        total.update(piece)
    return total.hexdigest()
