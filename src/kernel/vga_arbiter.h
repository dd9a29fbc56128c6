/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the kernel's VGA arbiter (/dev/vga_arbiter) what it knows of each card. This changes
 * nothing: the target belongs to the open file, and no lock is taken. `trylock` is never used,
 * because kernels invert its result and keep the lock.
 *
 * The caller owns the struct and uses it on one thread.
 */
#ifndef KERNEL_VGA_ARBITER_H
#define KERNEL_VGA_ARBITER_H

#include "base/err.h"
#include "kernel/sysroot.h"

/* The longest answer is some 100 bytes. */
#define VGA_ARBITER_TEXT 256

struct vga_arbiter {
	int fd;
};

/* Returns -ENOENT if the kernel has no arbiter; a captured sysroot never has. */
int vga_arbiter_open(struct vga_arbiter *arbiter, const struct sysroot *sysroot, struct err *err);
void vga_arbiter_close(struct vga_arbiter *arbiter);

/*
 * Reads the arbiter's line about the card at @address ("0000:01:00.0"), or with NULL about the
 * default card. Returns -ENODEV if it does not arbitrate that device.
 */
int vga_arbiter_line(struct vga_arbiter *arbiter, const char *address, char text[VGA_ARBITER_TEXT]);

#endif
