/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map that firmware hands to an operating system (ACPI 6.4, section 15).
 *
 * Plain data: the caller owns a map and guards it.
 */
#ifndef VM_BOOT_E820_H
#define VM_BOOT_E820_H

#include "base/range.h"
#include "base/types.h"

/* As many as the boot protocol's zero page has room for. */
#define E820_MAX 128

enum e820_type {
	E820_NONE = 0, /* only for e820_set(): nothing is there */
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

/* What a machine has, for e820_build(). */
struct e820_layout {
	u64 low_ram;  /* bytes of RAM from address 0 */
	u64 high_ram; /* bytes of RAM from 4 GiB */
	/* Tables that the loader placed in low RAM; size 0: none. */
	struct range acpi_tables;
	/* What else no operating system may use: ECAM, the pages that KVM wants. */
	const struct range *reserved;
	unsigned nr_reserved;
};

/*
 * What firmware would report of such a machine: RAM, less the EBDA at 9FC00h and what lies
 * from A0000h to 1 MiB, of which F0000h (RSDP, SMBIOS) is reserved. -EINVAL for a layout that
 * overlaps itself, -ENOSPC for more than E820_MAX entries.
 */
int e820_build(struct e820 *map, const struct e820_layout *layout);

/*
 * Makes [start, start + size) @type, whatever it was before. -EINVAL for a range that is empty
 * or wraps, -ENOSPC where the map is full; the map is then as it was.
 */
int e820_set(struct e820 *map, u64 start, u64 size, enum e820_type type);

/* Whether all of the range is of @type. */
bool e820_is(const struct e820 *map, u64 start, u64 size, enum e820_type type);

/*
 * The highest multiple of @align (a power of two) at which @size bytes of RAM lie within
 * [floor, ceiling), in *@addr. -ENOSPC where there is none.
 */
int e820_find_ram(const struct e820 *map, u64 floor, u64 ceiling, u64 size, u64 align, u64 *addr);

/* The end of the RAM that lies below @ceiling, 0 without any. */
u64 e820_ram_end(const struct e820 *map, u64 ceiling);

#endif
