/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMAR: Intel's DMA remapping units, and the memory that firmware wants devices to reach (Intel
 * VT-d specification, chapter 8). Pure; any thread.
 */
#ifndef PCI_ACPI_DMAR_H
#define PCI_ACPI_DMAR_H

#include "pci/acpi/acpi.h"

enum dmar_flag {
	DMAR_INTR_REMAP = 1,     /* the platform can remap interrupts */
	DMAR_X2APIC_OPT_OUT = 2, /* firmware asks the system not to use x2APIC */
	DMAR_DMA_OPT_IN = 4,     /* firmware asks for protection during boot */
};

struct dmar {
	unsigned address_width; /* of the host, in bits */
	u8 flags;               /* enum dmar_flag */
	struct acpi_walk entries;
};

enum dmar_type {
	DMAR_DRHD = 0,
	DMAR_RMRR = 1,
	DMAR_ATSR = 2,
	DMAR_RHSA = 3,
	DMAR_ANDD = 4,
	DMAR_SATC = 5,
	DMAR_SIDP = 6,
};

struct dmar_entry {
	u16 type; /* enum dmar_type, or newer */
	u8 flags; /* DRHD: bit 0 all devices of the segment; ATSR: bit 0 all ports */
	u16 segment;
	u64 base;  /* DRHD: registers; RMRR: first byte of the memory */
	u64 limit; /* RMRR: last byte of the memory */
	struct acpi_walk scopes;
};

enum dmar_scope_type {
	DMAR_SCOPE_ENDPOINT = 1,
	DMAR_SCOPE_BRIDGE = 2, /* and everything below it */
	DMAR_SCOPE_IOAPIC = 3,
	DMAR_SCOPE_HPET = 4,
	DMAR_SCOPE_NAMESPACE = 5,
};

#define DMAR_MAX_PATH 16

/*
 * A device, given by the path to it: from `bus` through the secondary bus of each device in path
 * but the last. With one element it is bus:dev.fn itself.
 */
struct dmar_scope {
	u8 type; /* enum dmar_scope_type, or newer */
	u8 enumeration_id;
	u8 bus;
	unsigned path_length; /* 1 to DMAR_MAX_PATH */
	struct {
		u8 dev, fn;
	} path[DMAR_MAX_PATH];
};

/* Returns 0, or -EINVAL if it is not a DMAR table. */
int dmar_read(struct dmar *dmar, const void *bytes, size_t size);

/*
 * Reads the next entry; false at the end, or if the table is damaged: then dmar->entries.broken is
 * set.
 */
bool dmar_next(struct dmar *dmar, struct dmar_entry *entry);
bool dmar_scope_next(struct dmar_entry *entry, struct dmar_scope *scope);

#endif
