/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of the parts of a VGA that depend on the order of accesses: four planes, the latches, the
 * map mask and the graphics controller's modes (IBM VGA technical reference). It shows no picture.
 */
#ifndef VGA_MODEL_H
#define VGA_MODEL_H

#include "base/types.h"

#define VGA_PLANE 0x10000

struct vga_model {
	u8 plane[4][VGA_PLANE];
	u8 latch[4];
	u8 sequencer_index, graphics_index;
	u8 sequencer[8], graphics[16];
	unsigned accesses; /* calls of vga_model_access(), of any size */
};

/* Accesses memory or ports by address; @bytes begin with the lowest address. */
void vga_model_access(struct vga_model *vga, u32 addr, u8 *bytes, size_t size, bool write);

#endif
