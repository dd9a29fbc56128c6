# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that are one instruction long: each writes a byte to the first serial port and stops."""
import struct

BYTE = "!"
COM1 = 0x3F8
ROM_SIZE = 64 << 10
RESET_VECTOR = ROM_SIZE - 16
SECTOR = 512
ENTRY_64 = 0x200

# mov dx, COM1; mov al, BYTE; out dx, al; hlt; jmp to the hlt
PROGRAM = struct.pack("<BHBB", 0xBA, COM1, 0xB0, ord(BYTE)) + bytes([0xEE, 0xF4, 0xEB, 0xFD])
# The same where the default operand has 32 bits.
PROGRAM_64 = b"\x66" + PROGRAM


def rom():
    """Firmware: the program is at the reset vector."""
    image = bytearray(b"\xff" * ROM_SIZE)
    image[RESET_VECTOR:RESET_VECTOR + len(PROGRAM)] = PROGRAM
    return bytes(image)


def kernel():
    """A bzImage (boot protocol 2.12) whose 64-bit entry is the program."""
    prot = bytes(ENTRY_64) + PROGRAM_64.ljust(SECTOR, b"\0")
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
