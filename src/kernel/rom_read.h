/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a PCI function's option ROM through the kernel's files, and leaves the function as it was.
 *
 * The kernel's `rom` file turns the ROM BAR on and off, and nothing else: a function that is in a
 * low-power state or does not decode memory reads as FFh. The file turns the BAR off only for a
 * write of the two bytes "0\n"; any other write, even a single "0", turns it on. So this wakes the
 * function, enables memory decoding, turns the ROM on, reads it and undoes all of that in reverse
 * order, also when a step failed. Signals that would end the process are blocked meanwhile.
 *
 * Only one thread may read a function's ROM at a time: the kernel keeps one state per `rom` file,
 * not one per opener.
 */
#ifndef KERNEL_ROM_READ_H
#define KERNEL_ROM_READ_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"
#include "kernel/sysroot.h"

/* The files that matter, in the function's directory in sysfs. */
enum rom_file {
	ROM_FILE_ROM,
	ROM_FILE_CONFIG,
	ROM_FILE_POWER_STATE,   /* "D0", "D3hot", "unknown", ...; not on old kernels */
	ROM_FILE_POWER_CONTROL, /* "on" or "auto" */
	ROM_FILE_COUNT,
};

/*
 * Access to these files, so that a test can simulate a function with any fault. The operations
 * return the number of bytes or -errno; a write is one write() of exactly these bytes.
 */
struct rom_port {
	void *ctx;
	ssize_t (*read)(void *ctx, enum rom_file file, void *bytes, size_t size, u64 at);
	ssize_t (*write)(void *ctx, enum rom_file file, const void *bytes, size_t size, u64 at);
	void (*pause)(void *ctx); /* sleeps a tenth of a second, while the function wakes */
};

/*
 * Returns 0 and the ROM in fresh memory, which the caller frees, or -errno. @err says what the
 * kernel did; the caller adds which function it was. If reading succeeds and undoing fails, that is
 * an error too, and no ROM is returned.
 */
int rom_read(const struct rom_port *port, u8 **bytes, size_t *size, struct err *err);

/*
 * The same for a function's directory, "/sys/bus/pci/devices/0000:01:00.0" for example. In a
 * captured sysroot `rom` is a plain file that holds the bytes, and is only read.
 */
int rom_read_tree(const struct sysroot *sysroot, const char *directory, u8 **bytes, size_t *size,
	struct err *err);

#endif
