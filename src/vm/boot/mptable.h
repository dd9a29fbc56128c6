/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of Intel's MultiProcessor Specification 1.4, for guests without ACPI in a direct
 * start: processors, and to which pins of the IOAPIC interrupts are wired. Pure: data in, a blob
 * out.
 */
#ifndef VM_BOOT_MPTABLE_H
#define VM_BOOT_MPTABLE_H

#include "base/err.h"
#include "base/range.h"
#include "vm/boot/blob.h"
#include "vm/mem/mem.h"

#define MPTABLE_MAX_CPUS 255
#define MPTABLE_DEVICES  32 /* of the root bus */

struct mptable_config {
	const char *maker, *product; /* up to 8 and 12 characters */
	const u32 *apic_ids; /* the first is the boot processor's; those above 254 are left out */
	unsigned nr_cpus;
	u32 signature, features; /* CPUID leaf 1, EAX and EDX */
	u8 last_bus;             /* the highest PCI bus number */
	/* The GSI of a device's pin (0 to 3) on the root bus; 0: there is no such device. */
	u8 gsi[MPTABLE_DEVICES][4];
};

/*
 * Builds the floating pointer structure, and behind it the table, for address @address, a multiple
 * of 16 below 1 MiB. Check out->failed.
 */
void mptable_build(struct blob *out, const struct mptable_config *config, u32 address);

/* Copies them to the start of @area. Returns -ENOSPC if they do not fit. */
int mptable_place(
	const struct mptable_config *config, struct mem *mem, struct range area, struct err *err);

#endif
