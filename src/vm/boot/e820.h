/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map that firmware hands to an operating system (ACPI 6.4, section 15).
 *
 * Plain data: the caller owns and guards it.
 */
#ifndef VM_BOOT_E820_H
#define VM_BOOT_E820_H

#include "base/range.h"
#include "base/types.h"

/* As many entries as fit into the zero page of the boot protocol. */
#define E820_MAX 128

enum e820_type {
	E820_NONE = 0, /* only for e820_set(): removes the range from the map */
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3, /* tables: RAM once they have been read */
	E820_NVS = 4,
};

struct e820_entry {
	struct range range;
	u32 type; /* enum e820_type */
};

struct e820 {
	struct e820_entry entries[E820_MAX]; /* sorted and disjoint */
	unsigned nr;
};

/* The layout of a machine's memory, for e820_build(). */
struct e820_layout {
	u64 low_ram;  /* bytes of RAM from address 0 */
	u64 high_ram; /* bytes of RAM from 4 GiB */
	/* Tables that the loader placed in low RAM; size 0: none. */
	struct range acpi_tables;
	/* Other ranges that an operating system must not use: ECAM, the pages that KVM needs. */
	const struct range *reserved;
	unsigned nr_reserved;
};

/*
 * Builds the map that firmware would report for such a machine: RAM without the EBDA at 9FC00h and
 * without A0000h to 1 MiB, of which F0000h on (RSDP, SMBIOS) is reserved. Returns -EINVAL for a
 * layout that overlaps itself, -ENOSPC for more than E820_MAX entries.
 */
int e820_build(struct e820 *map, const struct e820_layout *layout);

/*
 * Sets the type of [start, start + size), whatever it was before. Returns -EINVAL for a range that
 * is empty or wraps, -ENOSPC if the map is full; the map is then unchanged.
 */
int e820_set(struct e820 *map, u64 start, u64 size, enum e820_type type);

/* Whether all of the range is of @type. */
bool e820_is(const struct e820 *map, u64 start, u64 size, enum e820_type type);

/*
 * Finds the highest multiple of @align (a power of two) at which @size bytes of RAM lie within
 * [floor, ceiling), and sets *@addr. Returns -ENOSPC if there is none.
 */
int e820_find_ram(const struct e820 *map, u64 floor, u64 ceiling, u64 size, u64 align, u64 *addr);

/* The end of the RAM below @ceiling; 0 if there is none. */
u64 e820_ram_end(const struct e820 *map, u64 ceiling);

#endif
