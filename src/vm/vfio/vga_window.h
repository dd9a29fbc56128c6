/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame buffer of a VGA card at A0000h-BFFFFh, in fewer accesses than the guest makes: each
 * is a system call, an arbitration among the host's cards and a mapping in the kernel.
 *
 * Writes to ascending neighbours are collected into a run and made as one, which the bus
 * splits into bytes in the same order; no byte is ever in a run twice. Where the graphics
 * controller is in plain state (vga_registers.h), reads of other addresses do not end a run, and
 * a guest that reads neighbours gets them out of one read ahead, for VGA_DELAY_NS at
 * most. The
 * latches hold what the card last read; they are loaded anew from where the guest last read
 * before anything that could tell.
 *
 * Embedded in struct vfio_vga, which locks.
 */
#ifndef VM_VFIO_VGA_WINDOW_H
#define VM_VFIO_VGA_WINDOW_H

#include "base/clock.h"
#include "kernel/vfio.h"
#include "vm/vfio/vga_registers.h"

#define VGA_RUN_MAX   512
#define VGA_AHEAD_MAX 256
/* The oldest that what a read gets may be, and the longest that a write waits. */
#define VGA_DELAY_NS (10 * NS_PER_MS)

struct vga_window {
	struct vfio_device *dev;
	const struct vfio_region *region;
	const char *name;
	bool direct; /* every access is made as it comes */
	struct vga_registers registers;

	u32 run_start, run_size;
	u8 run[VGA_RUN_MAX];

	u32 ahead_start, ahead_size;
	u64 ahead_until; /* monotonic ns */
	u8 ahead[VGA_AHEAD_MAX];

	u32 last_read;   /* the last byte that the guest read */
	u32 next_read;   /* behind it; 0: it read nothing */
	unsigned streak; /* reads that went on where the one before ended */
	bool latches_old;
};

/* @addr: of memory, with [@addr, @addr + @size) in the window. @now: monotonic ns. */
u64 vga_window_read(struct vga_window *window, u32 addr, unsigned size, u64 now);
void vga_window_write(struct vga_window *window, u32 addr, unsigned size, u64 value);

/* Makes what was collected. */
void vga_window_flush(struct vga_window *window);
/* And forgets what was read ahead, and loads the latches: as if each access had been made. */
void vga_window_settle(struct vga_window *window);

#endif
