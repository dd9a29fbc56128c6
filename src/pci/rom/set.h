/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds all ROMs in a file. A dump of a card has one; an ACPI table VFCT, a mainboard's firmware
 * and concatenated files have those of several devices.
 *
 * Pure; any thread. The caller owns the file's bytes, which must outlive the set; the set owns what
 * it decompressed from them, until it is closed.
 */
#ifndef PCI_ROM_SET_H
#define PCI_ROM_SET_H

#include "pci/rom/rom.h"
#include "pci/rom/verdict.h"

#define ROM_MAX_ENTRIES 64
#define ROM_MAX_BUFFERS 32

struct rom_entry {
	const u8 *bytes; /* what holds the ROM: the file, or data decompressed from it */
	u32 size;        /* of @bytes; if another ROM follows, only up to that */
	u32 offset, end; /* the images, in bytes; end is at most size */
	bool decompressed;
	bool has_ids;
	u16 vendor, device;
	u32 class;
	bool bios, efi;   /* kinds of images in it */
	bool has_address; /* VFCT gives the address as it was when the firmware ran */
	u8 bus, dev, fn;
};

struct rom_set {
	enum rom_wrapper wrapper; /* of the file; NVGI and UNKNOWN belong to the first ROM only */
	struct rom_entry entries[ROM_MAX_ENTRIES];
	unsigned nr_entries;
	bool left_out; /* there are more ROMs, or data that was not decompressed */
	u8 *buffers[ROM_MAX_BUFFERS];
	unsigned nr_buffers;
};

/* Finds the ROMs in the file. Never fails: there may be none. */
void rom_set_read(struct rom_set *set, const u8 *bytes, size_t size);
void rom_set_close(struct rom_set *set);

/*
 * The entry with the ids of @target, or -1. Without @target the first entry, or -1 if there is
 * none.
 */
int rom_set_find(const struct rom_set *set, const struct rom_target *target);

/* Reads one entry's images, and notes what else is in the set. */
void rom_set_parse(const struct rom_set *set, unsigned index, struct rom *rom);

#endif
