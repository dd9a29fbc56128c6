/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IVRS: AMD's IOMMUs, the devices behind them with their aliases, and the memory that firmware
 * wants devices to reach (AMD I/O Virtualization Technology specification, chapter 5). Pure; any
 * thread.
 */
#ifndef PCI_ACPI_IVRS_H
#define PCI_ACPI_IVRS_H

#include "pci/acpi/acpi.h"

struct ivrs {
	u32 info; /* IVinfo, not decoded */
	unsigned physical_bits, virtual_bits;
	struct acpi_walk blocks;
};

enum ivrs_block_type {
	IVRS_IVHD_10 = 0x10, /* an IOMMU; later types repeat it with more details: use one type */
	IVRS_IVHD_11 = 0x11,
	IVRS_IVHD_40 = 0x40,
	IVRS_IVMD_ALL = 0x20, /* memory, for every device */
	IVRS_IVMD_ONE = 0x21,
	IVRS_IVMD_RANGE = 0x22,
};

struct ivrs_block {
	u8 type;     /* enum ivrs_block_type, or newer */
	u8 flags;    /* IVMD: bit 0 unity map, 1 read, 2 write, 3 exclusion */
	u16 id;      /* IVHD: of the IOMMU itself; IVMD: of the (first) device. bus << 8 | devfn */
	u16 last_id; /* IVMD of a range */
	u16 segment;
	u64 base;     /* IVHD: registers; IVMD: of the memory */
	u64 size;     /* IVMD: of the memory */
	u64 features; /* IVHD 11h and 40h: the extended feature register; 10h: 32 bits */
	struct acpi_walk entries; /* IVHD: the devices behind it */
};

enum ivhd_kind {
	IVHD_ALL,
	IVHD_DEVICES, /* first to last */
	IVHD_IOAPIC,  /* handle: its APIC id; alias: the id that it uses */
	IVHD_HPET,
	IVHD_HID, /* an ACPI device that uses id `first` */
	IVHD_OTHER,
};

struct ivhd_entry {
	enum ivhd_kind kind;
	u8 type; /* as in the table */
	u16 first, last;
	u8 settings;
	bool has_alias;
	u16 alias; /* the id that the devices' DMA carries */
	u8 handle;
	char hid[9];
};

static inline bool ivrs_is_ivhd(u8 type)
{
	return type == IVRS_IVHD_10 || type == IVRS_IVHD_11 || type == IVRS_IVHD_40;
}

static inline bool ivrs_is_ivmd(u8 type)
{
	return type >= IVRS_IVMD_ALL && type <= IVRS_IVMD_RANGE;
}

/* Returns 0, or -EINVAL if it is not an IVRS table. */
int ivrs_read(struct ivrs *ivrs, const void *bytes, size_t size);

/*
 * Reads the next block; false at the end, or if the table is damaged: then the walk's `broken` is
 * set.
 */
bool ivrs_next(struct ivrs *ivrs, struct ivrs_block *block);

/*
 * Reads the next entry. Padding is skipped, and the start and the end of a range become one entry.
 */
bool ivhd_next(struct ivrs_block *block, struct ivhd_entry *entry);

#endif
