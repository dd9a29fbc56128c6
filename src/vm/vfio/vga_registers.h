/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values that a guest wrote to a VGA's graphics controller (ports 3CEh and 3CFh), as far as
 * they decide whether the order of reads and writes of the frame buffer matters.
 *
 * A read loads the latches, and a write may use them. In the plain state a write does not: it
 * stores exactly what the processor wrote, and no two addresses name the same byte. Then a write
 * may be delayed until after reads of other addresses.
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

/* Others may have changed the card's registers. */
void vga_registers_forget(struct vga_registers *registers);

/* The guest wrote a byte to @port. */
void vga_registers_write(struct vga_registers *registers, u32 port, u8 value);

/* The addresses of the frame buffer to which the plain state applies; size 0: none. */
struct range vga_registers_plain(const struct vga_registers *registers);

#endif
