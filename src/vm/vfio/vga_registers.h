/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest has told a VGA's graphics controller (ports 3CEh and 3CFh), as far as it decides
 * whether the order of reads and writes of the frame buffer shows in the result.
 *
 * A read loads the latches, and a write may use them. In plain state it does not: what is
 * written is what the processor wrote, at an address that no other is another name of. Then a
 * write may be made behind reads of other addresses.
 */
#ifndef VM_VFIO_VGA_REGISTERS_H
#define VM_VFIO_VGA_REGISTERS_H

#include "base/range.h"

#define VGA_GRAPHICS_INDEX 0x3ceu
#define VGA_GRAPHICS_DATA  0x3cfu
#define VGA_NR_GRAPHICS    9

struct vga_registers {
	u8 index;
	bool index_known;
	u8 graphics[VGA_NR_GRAPHICS];
	bool known[VGA_NR_GRAPHICS];
};

/* The card may have been changed by others. */
void vga_registers_forget(struct vga_registers *registers);

/* The guest writes a byte to @port. */
void vga_registers_write(struct vga_registers *registers, u32 port, u8 value);

/* The addresses of the frame buffer that are in plain state; size 0: none. */
struct range vga_registers_plain(const struct vga_registers *registers);

#endif
