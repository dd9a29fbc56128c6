/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The common part of the ACPI tables that describe PCI devices. Pure: bytes in, facts out. The
 * caller owns the bytes, which must outlive what points into them. Any thread.
 *
 * All walks here end: an entry's length is checked against what holds it before it is followed,
 * and an entry that does not fit sets `broken` and ends the walk.
 */
#ifndef PCI_ACPI_ACPI_H
#define PCI_ACPI_ACPI_H

#include "base/types.h"

#define ACPI_HEADER_SIZE 36
#define ACPI_MAX_SIZE    (16 * MIB) /* VFCT carries ROMs; the others are a few KiB */

struct acpi_table {
	const u8 *bytes;
	u32 size; /* by the header; checked against the bytes */
	u8 revision;
	bool sum_ok; /* for information: kernels use tables with a wrong checksum, too */
	char oem[7]; /* printable, ends with NUL */
};

/* A position in a table, and the end of the structure that contains it. */
struct acpi_walk {
	const u8 *at;
	const u8 *end;
	bool broken;
};

/*
 * Reads the header of a table with the signature @signature. Returns 0, or -EINVAL for another
 * table, or if its length is less than a header or more than @size.
 */
int acpi_table(struct acpi_table *table, const void *bytes, size_t size, const char *signature);

/*
 * A walk over the bytes of @table from @offset on; empty and broken if @offset is beyond the end.
 */
struct acpi_walk acpi_walk(const struct acpi_table *table, u32 offset);

/* Whether @size bytes are left. Sets broken if fewer are left, but not if none are. */
bool acpi_left(struct acpi_walk *walk, size_t size);

/*
 * Skips an entry of @length bytes and returns its start. Returns NULL and sets broken if @length is
 * less than @least or does not fit.
 */
const u8 *acpi_take(struct acpi_walk *walk, size_t length, size_t least);

#endif
