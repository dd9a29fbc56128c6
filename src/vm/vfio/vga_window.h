/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses the frame buffer of a VGA card at A0000h-BFFFFh less often than the guest does: each
 * access is a system call, an arbitration among the host's VGA cards and a mapping in the kernel.
 *
 * Writes to ascending adjacent addresses are merged into a run and made in one call, which the
 * kernel splits into accesses in the same order; a run holds no byte twice. In the plain state
 * (vga_registers.h) reads of other addresses do not end a run, and adjacent reads are served from
 * one read-ahead, whose bytes are used for at most VGA_DELAY_NS. The latches hold what the card
 * last read; they are reloaded from the guest's last read address before any access that depends on
 * them.
 *
 * Embedded in struct vfio_vga, whose lock is held.
 */
#ifndef VM_VFIO_VGA_WINDOW_H
#define VM_VFIO_VGA_WINDOW_H

#include "base/clock.h"
#include "kernel/vfio.h"
#include "vm/vfio/vga_registers.h"

#define VGA_RUN_MAX   512
#define VGA_AHEAD_MAX 256
/* The maximum age of read-ahead bytes, and the maximum delay of a write. */
#define VGA_DELAY_NS (10 * NS_PER_MS)

struct vga_window {
	struct vfio_device *dev;
	const struct vfio_region *region;
	const char *name;
	bool direct; /* make every access at once */
	struct vga_registers registers;

	u32 run_start, run_size;
	u8 run[VGA_RUN_MAX];

	u32 ahead_start, ahead_size;
	u64 ahead_until; /* monotonic ns */
	u8 ahead[VGA_AHEAD_MAX];

	u32 last_read;   /* address of the last byte that the guest read */
	u32 next_read;   /* the address after the last read; 0: none yet */
	unsigned streak; /* successive reads that began where the one before ended */
	bool latches_old;
};

/* @addr: a memory address, with [@addr, @addr + @size) in the window. @now: monotonic ns. */
u64 vga_window_read(struct vga_window *window, u32 addr, unsigned size, u64 now);
void vga_window_write(struct vga_window *window, u32 addr, unsigned size, u64 value);

/* Makes the merged writes. */
void vga_window_flush(struct vga_window *window);
/* Flushes, discards the read-ahead and reloads the latches, as if each access had been made. */
void vga_window_settle(struct vga_window *window);

#endif
