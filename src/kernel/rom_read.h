/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a PCI function's option ROM through the kernel's files, and leaves the function as it was.
 *
 * The kernel's `rom` file turns the ROM BAR on and off, and nothing else: a function that sleeps
 * or does not decode memory gives FFs. And it turns the BAR off only for a write of the two bytes
 * "0\n"; any other write, a single "0" too, turns it on. So: wake it, let it decode memory, turn
 * the ROM on, read, and undo all of that in reverse, also where a step in between failed. Signals
 * that would end the process are held back meanwhile.
 *
 * One thread per function at a time: the state of a `rom` file is the kernel's, not the opener's.
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
 * The way to these files, so that a test can put a function with every fault behind it. The
 * functions return the number of bytes or -errno; a write is one write() of exactly these bytes.
 */
struct rom_port {
	void *ctx;
	ssize_t (*read)(void *ctx, enum rom_file file, void *bytes, size_t size, u64 at);
	ssize_t (*write)(void *ctx, enum rom_file file, const void *bytes, size_t size, u64 at);
	void (*pause)(void *ctx); /* a tenth of a second, while the function wakes */
};

/*
 * Returns 0 and the ROM in fresh memory, which the caller frees. @err says what the kernel did;
 * the caller adds which function it was. If reading went well and undoing did not, that is an
 * error too, and nothing is returned.
 */
int rom_read(const struct rom_port *port, u8 **bytes, size_t *size, struct err *err);

/*
 * The same from a function's directory, as "/sys/bus/pci/devices/0000:01:00.0". In a captured tree
 * `rom` is a plain file with the bytes, and is only read.
 */
int rom_read_tree(const struct sysroot *sysroot, const char *directory, u8 **bytes, size_t *size,
	struct err *err);

#endif
