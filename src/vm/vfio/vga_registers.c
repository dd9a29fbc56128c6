// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/vga_registers.h"

#include "base/bytes.h"

enum { FUNCTION = 3, MODE = 5, MISCELLANEOUS = 6, BIT_MASK = 8 };

void vga_registers_forget(struct vga_registers *registers)
{
	*registers = (struct vga_registers){ 0 };
}

void vga_registers_write(struct vga_registers *registers, u32 port, u8 value)
{
	if (port == VGA_GRAPHICS_INDEX) {
		registers->index = value;
		registers->index_known = true;
	} else if (port == VGA_GRAPHICS_DATA && !registers->index_known) {
		vga_registers_forget(registers);
	} else if (port == VGA_GRAPHICS_DATA && registers->index < VGA_NR_GRAPHICS) {
		registers->graphics[registers->index] = value;
		registers->known[registers->index] = true;
	}
}

struct range vga_registers_plain(const struct vga_registers *registers)
{
	/* Write mode 0, no rotation, no logical function, and all bits from the processor. */
	static const struct {
		u8 index, mask, value;
	} wanted[] = {
		{ FUNCTION, 0x1f, 0x00 },
		{ MODE, 0x03, 0x00 },
		{ BIT_MASK, 0xff, 0xff },
	};
	/* Decoded range by memory map select. None for 0: its 128 KiB show each byte twice. */
	static const struct range maps[] = {
		{ 0, 0 },
		{ 0xa0000, 0x10000 },
		{ 0xb0000, 0x8000 },
		{ 0xb8000, 0x8000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!registers->known[wanted[i].index] ||
			(registers->graphics[wanted[i].index] & wanted[i].mask) != wanted[i].value)
			return maps[0];
	if (!registers->known[MISCELLANEOUS])
		return maps[0];
	return maps[registers->graphics[MISCELLANEOUS] >> 2 & 3];
}
