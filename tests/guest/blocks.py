# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's steps nvme and disk write."""
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


def records(image, count):
    """The numbers up to count of the records of the step disk that the image does not hold."""
    return [n for n in range(1, count + 1)
            if image[n * SECTOR:(n + 1) * SECTOR] != struct.pack("<Q", n) * (SECTOR // 8)]
