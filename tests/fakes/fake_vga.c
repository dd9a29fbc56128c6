// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_vga.h"

enum { MAP_MASK = 2, MEMORY_MODE = 4 };
enum { SET_RESET, ENABLE_SET, COMPARE, ROTATE, READ_MAP, MODE, MISC, DONT_CARE, BIT_MASK };

/* The offset in the card's memory, -1: not decoded. */
static int decode(const struct vga_model *vga, u32 addr)
{
	static const struct {
		u32 start, size;
	} maps[] = {
		{ 0xa0000, 0x20000 },
		{ 0xa0000, 0x10000 },
		{ 0xb0000, 0x8000 },
		{ 0xb8000, 0x8000 },
	};
	unsigned map = vga->graphics[MISC] >> 2 & 3;

	if (addr < maps[map].start || addr - maps[map].start >= maps[map].size)
		return -1;
	return (int)((addr - maps[map].start) % VGA_PLANE);
}

static bool is_chain4(const struct vga_model *vga)
{
	return vga->sequencer[MEMORY_MODE] & 8;
}

static bool is_odd_even(const struct vga_model *vga)
{
	return vga->graphics[MODE] & 0x10;
}

/* Finds the offset in the planes, and the planes, that an access reaches. */
static unsigned cell_of(const struct vga_model *vga, unsigned offset, unsigned *planes)
{
	*planes = 0xf;
	if (is_chain4(vga)) {
		*planes = 1u << (offset & 3);
		return offset & ~3u;
	}
	if (is_odd_even(vga)) {
		*planes = offset & 1 ? 0xa : 0x5;
		return offset & ~1u;
	}
	return offset;
}

static u8 compare(const struct vga_model *vga)
{
	u8 differs = 0;

	for (unsigned p = 0; p < 4; p++)
		if (vga->graphics[DONT_CARE] & 1 << p)
			differs |= vga->latch[p] ^ (vga->graphics[COMPARE] & 1 << p ? 0xff : 0);
	return (u8)~differs;
}

static u8 read_memory(struct vga_model *vga, u32 addr)
{
	int offset = decode(vga, addr);
	unsigned planes, cell, plane = vga->graphics[READ_MAP] & 3;

	if (offset < 0)
		return 0xff;
	cell = cell_of(vga, (unsigned)offset, &planes);
	for (unsigned p = 0; p < 4; p++)
		vga->latch[p] = vga->plane[p][cell];
	if (is_chain4(vga))
		return vga->latch[offset & 3];
	if (is_odd_even(vga))
		return vga->latch[(plane & 2) | (offset & 1)];
	return vga->graphics[MODE] & 8 ? compare(vga) : vga->latch[plane];
}

static u8 combined(const struct vga_model *vga, unsigned p, u8 value)
{
	u8 mask = vga->graphics[BIT_MASK], latch = vga->latch[p];
	unsigned turn = vga->graphics[ROTATE] & 7;
	u8 turned = (u8)(value >> turn | value << (8 - turn));
	u8 set = vga->graphics[SET_RESET] & 1 << p ? 0xff : 0;

	switch (vga->graphics[MODE] & 3) {
	case 0:
		value = vga->graphics[ENABLE_SET] & 1 << p ? set : turned;
		break;
	case 1:
		return latch;
	case 2:
		value = value & 1 << p ? 0xff : 0;
		break;
	default:
		mask &= turned;
		value = set;
	}
	switch (vga->graphics[ROTATE] >> 3 & 3) {
	case 1:
		value &= latch;
		break;
	case 2:
		value |= latch;
		break;
	case 3:
		value ^= latch;
	}
	return (u8)((value & mask) | (latch & ~mask));
}

static void write_memory(struct vga_model *vga, u32 addr, u8 value)
{
	int offset = decode(vga, addr);
	unsigned planes, cell;

	if (offset < 0)
		return;
	cell = cell_of(vga, (unsigned)offset, &planes);
	planes &= vga->sequencer[MAP_MASK];
	for (unsigned p = 0; p < 4; p++)
		if (planes & 1u << p)
			vga->plane[p][cell] = combined(vga, p, value);
}

static void access_byte(struct vga_model *vga, u32 addr, u8 *byte, bool write)
{
	if (addr >= 0xa0000) {
		if (write)
			write_memory(vga, addr, *byte);
		else
			*byte = read_memory(vga, addr);
		return;
	}
	if (!write) {
		*byte = addr == 0x3cf ? vga->graphics[vga->graphics_index] : 0;
		return;
	}
	switch (addr) {
	case 0x3c4:
		vga->sequencer_index = *byte & 7;
		break;
	case 0x3c5:
		vga->sequencer[vga->sequencer_index] = *byte;
		break;
	case 0x3ce:
		vga->graphics_index = *byte & 15;
		break;
	case 0x3cf:
		vga->graphics[vga->graphics_index] = *byte;
	}
}

void vga_model_access(struct vga_model *vga, u32 addr, u8 *bytes, size_t size, bool write)
{
	vga->accesses++;
	for (size_t i = 0; i < size; i++)
		access_byte(vga, addr + (u32)i, &bytes[i], write);
}
