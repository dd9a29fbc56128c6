# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that are a few instructions long: each writes a byte to the first serial port.

A program is the guest of both monitors: for tenon it is the 64-bit entry of a kernel, for QEMU what
stands at the reset vector of a firmware.
"""
import struct

BYTE = "!"
COM1 = 0x3F8
RESET_CONTROL = 0xCF9
CONFIG_ADDRESS, CONFIG_DATA = 0xCF8, 0xCFC
ROM_SIZE = 64 << 10
RESET_VECTOR = ROM_SIZE - 16
SECTOR = 512
ENTRY_64 = 0x200

STOP = bytes([0xF4, 0xEB, 0xFD])      # hlt; jmp to it


def out(port, value, wide):
    """mov dx, port; mov al, value; out dx, al. wide: where the default operand has 32 bits."""
    prefix = b"\x66" if wide else b""
    return prefix + struct.pack("<BHBBB", 0xBA, port, 0xB0, value, 0xEE)


def out32(port, value, wide):
    """The same with eax."""
    mov = (b"\x66" if wide else b"") + struct.pack("<BH", 0xBA, port)
    prefix = b"" if wide else b"\x66"
    return mov + prefix + struct.pack("<BI", 0xB8, value) + prefix + b"\xef"


def byte(wide):
    """The first instruction: the byte, and no more."""
    return out(COM1, ord(BYTE), wide) + STOP


def reboots(wide):
    """The byte, and a reset of the machine, for ever."""
    return out(COM1, ord(BYTE), wide) + out(RESET_CONTROL, 6, wide) + STOP


def config(device, register, value, wide):
    address = 0x80000000 | device << 8 | register
    return out32(CONFIG_ADDRESS, address, wide) + out32(CONFIG_DATA, value, wide)


def masters(wide):
    """Makes the card behind tenon's first root port (00:01.0) a bus master, then the byte."""
    return (config(0x08, 0x18, 0x00010100, wide) + config(0x100, 0x04, 0x00000004, wide)
            + byte(wide))


def rom(program):
    """A firmware: it jumps from the reset vector to the program."""
    code = program(False)
    image = bytearray(b"\xff" * ROM_SIZE)
    start = RESET_VECTOR - len(code)
    image[start:RESET_VECTOR] = code
    image[RESET_VECTOR:RESET_VECTOR + 3] = struct.pack("<Bh", 0xE9, start - RESET_VECTOR - 3)
    return bytes(image)


def kernel(program):
    """A bzImage (boot protocol 2.12) whose 64-bit entry is the program."""
    prot = bytes(ENTRY_64) + program(True).ljust(SECTOR, b"\0")
    image = bytearray(2 * SECTOR)
    image[0x1F1] = 1                                          # setup sectors behind the first
    struct.pack_into("<I", image, 0x1F4, len(prot) // 16)     # syssize
    struct.pack_into("<H", image, 0x1FE, 0xAA55)
    image[0x200:0x202] = bytes([0xEB, 0x66])                  # the header's end
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x206, 0x020C)
    image[0x211] = 0x01                                       # loaded high
    struct.pack_into("<I", image, 0x214, 1 << 20)             # code32_start
    struct.pack_into("<I", image, 0x22C, 0x7FFFFFFF)          # initrd_addr_max
    struct.pack_into("<I", image, 0x230, 1 << 21)             # alignment
    image[0x234] = 1                                          # relocatable
    struct.pack_into("<H", image, 0x236, 1)                   # xloadflags: 64-bit entry
    struct.pack_into("<I", image, 0x238, 255)                 # command line
    struct.pack_into("<Q", image, 0x258, 1 << 21)             # preferred address
    struct.pack_into("<I", image, 0x260, 1 << 20)             # memory in use at first
    return bytes(image) + prot


# Name -> both images of it, as files that the lab's host reads.
PROGRAMS = {"byte": byte, "reboots": reboots, "masters": masters}


def write(directory):
    """Name of a file -> its path."""
    paths = {}
    for name, program in PROGRAMS.items():
        for kind, image in ("kernel", kernel(program)), ("rom", rom(program)):
            paths[f"{name}-{kind}"] = directory / f"{name}-{kind}"
            paths[f"{name}-{kind}"].write_bytes(image)
    return paths
