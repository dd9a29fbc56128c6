# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel without its decompressor: most of a guest's start under emulation. It starts by both
entries of the boot protocol, of 64 bits (tenon) and of 32 (SeaBIOS, QEMU), not by EFI's."""
import pathlib

from guest.cache import cached
from tenonlab import unpacked as unpacking


def unpacked(image):
    """The path of the image without its decompressor; image itself where that cannot be made."""
    content = pathlib.Path(image).read_bytes()

    def make(path):
        pathlib.Path(path).write_bytes(unpacking.build(content) or b"")

    path = cached("vmlinuz", content + pathlib.Path(unpacking.__file__).read_bytes(), make)
    return path if path.stat().st_size else pathlib.Path(image)
