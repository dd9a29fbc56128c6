/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI tables that speak of PCI: what they have in common. Pure: bytes in, facts out. The bytes
 * are the caller's and must outlive what points into them. Any thread.
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
	u32 size; /* as the header says, which the bytes hold */
	u8 revision;
	bool sum_ok; /* kernels use tables whose sum is off, so this is for a person to know */
	char oem[7]; /* printable, ends with NUL */
};

/* A place in a table, and how far the thing that holds it goes. */
struct acpi_walk {
	const u8 *at;
	const u8 *end;
	bool broken;
};

/*
 * Takes @bytes for a table with the four letters @signature. Returns 0, or -EINVAL: another
 * table, or its length is less than its own header or more than @size.
 */
int acpi_table(struct acpi_table *table, const void *bytes, size_t size, const char *signature);

/* A walk over the bytes of @table from @offset on; an empty, broken one if that is behind it. */
struct acpi_walk acpi_walk(const struct acpi_table *table, u32 offset);

/* Whether @size bytes are left. A part of that sets broken. */
bool acpi_left(struct acpi_walk *walk, size_t size);

/*
 * Goes behind an entry of @length bytes, of which at least @least are needed, and returns its
 * start. NULL and broken if it is shorter than that or does not fit.
 */
const u8 *acpi_take(struct acpi_walk *walk, size_t length, size_t least);

#endif
