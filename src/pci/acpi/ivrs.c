// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/acpi/ivrs.h"

#include <errno.h>

#include "base/bytes.h"

#define IVRS_INFO    36
#define IVRS_BLOCKS  48
#define BLOCK_HEADER 4
#define IVHD_10_SIZE 24
#define IVHD_11_SIZE 40
#define IVMD_SIZE    32
#define HID_SIZE     22 /* without the unique id, whose length is the last byte */
#define HID_NAME     4
#define ENTRY_LEAST  4
#define VARIETY_APIC 1
#define VARIETY_HPET 2

enum ivhd_entry_type {
	ENTRY_PAD4 = 0x00,
	ENTRY_ALL = 0x01,
	ENTRY_SELECT = 0x02,
	ENTRY_START = 0x03,
	ENTRY_END = 0x04,
	ENTRY_PAD8 = 0x40,
	ENTRY_ALIAS_SELECT = 0x42,
	ENTRY_ALIAS_START = 0x43,
	ENTRY_EXT_SELECT = 0x46,
	ENTRY_EXT_START = 0x47,
	ENTRY_SPECIAL = 0x48,
	ENTRY_HID = 0xf0,
};

int ivrs_read(struct ivrs *ivrs, const void *bytes, size_t size)
{
	struct acpi_table table;

	*ivrs = (struct ivrs){ 0 };
	if (acpi_table(&table, bytes, size, "IVRS") || table.size < IVRS_BLOCKS)
		return -EINVAL;
	ivrs->info = get_le32(table.bytes + IVRS_INFO);
	ivrs->physical_bits = (ivrs->info >> 8) & 0x7f;
	ivrs->virtual_bits = (ivrs->info >> 15) & 0x7f;
	ivrs->blocks = acpi_walk(&table, IVRS_BLOCKS);
	return 0;
}

static size_t block_least(u8 type)
{
	if (type == IVRS_IVHD_10)
		return IVHD_10_SIZE;
	if (ivrs_is_ivhd(type))
		return IVHD_11_SIZE;
	if (ivrs_is_ivmd(type))
		return IVMD_SIZE;
	return BLOCK_HEADER;
}

bool ivrs_next(struct ivrs *ivrs, struct ivrs_block *block)
{
	struct acpi_walk *walk = &ivrs->blocks;
	size_t least, length;
	const u8 *b;

	if (!acpi_left(walk, BLOCK_HEADER))
		return false;
	least = block_least(walk->at[0]);
	length = get_le16(walk->at + 2);
	b = acpi_take(walk, length, least);
	if (!b)
		return false;
	*block = (struct ivrs_block){ .type = b[0], .flags = b[1] };
	if (least == BLOCK_HEADER)
		return true;
	block->id = get_le16(b + 4);
	if (ivrs_is_ivmd(block->type)) {
		block->last_id = get_le16(b + 6);
		block->base = get_le64(b + 16);
		block->size = get_le64(b + 24);
		return true;
	}
	block->base = get_le64(b + 8);
	block->segment = get_le16(b + 16);
	block->features = least == IVHD_10_SIZE ? get_le32(b + 20) : get_le64(b + 24);
	block->entries = (struct acpi_walk){ b + least, b + length, false };
	return true;
}

/*
 * The two top bits of a type below 80h say whether it has 4 or 8 bytes; only one type above is
 * defined.
 */
static size_t entry_length(const struct acpi_walk *walk)
{
	size_t left = walk->end - walk->at;

	if (walk->at[0] < 0x80)
		return 4u << (walk->at[0] >> 6);
	if (walk->at[0] == ENTRY_HID && left >= HID_SIZE)
		return HID_SIZE + walk->at[HID_SIZE - 1];
	return 0;
}

static void read_special(struct ivhd_entry *entry, const u8 *e)
{
	entry->handle = e[4];
	entry->alias = get_le16(e + 5);
	entry->kind = e[7] == VARIETY_APIC   ? IVHD_IOAPIC
		      : e[7] == VARIETY_HPET ? IVHD_HPET
					     : IVHD_OTHER;
}

static void read_hid(struct ivhd_entry *entry, const u8 *e)
{
	entry->kind = IVHD_HID;
	for (int i = 0; i < 8; i++) {
		char c = e[HID_NAME + i];

		entry->hid[i] = c > ' ' && c <= '~' ? c : '\0';
	}
}

static bool is_start(u8 type)
{
	return type == ENTRY_START || type == ENTRY_ALIAS_START || type == ENTRY_EXT_START;
}

static void read_entry(struct ivhd_entry *entry, const u8 *e)
{
	*entry = (struct ivhd_entry){ .kind = IVHD_OTHER, .type = e[0], .settings = e[3] };
	entry->first = get_le16(e + 1);
	entry->last = entry->first;
	switch (entry->type) {
	case ENTRY_ALL:
		entry->kind = IVHD_ALL;
		entry->first = 0;
		entry->last = 0xffff;
		break;
	case ENTRY_ALIAS_SELECT:
	case ENTRY_ALIAS_START:
		entry->has_alias = true;
		entry->alias = get_le16(e + 5);
		entry->kind = IVHD_DEVICES;
		break;
	case ENTRY_SELECT:
	case ENTRY_START:
	case ENTRY_EXT_SELECT:
	case ENTRY_EXT_START:
		entry->kind = IVHD_DEVICES;
		break;
	case ENTRY_SPECIAL:
		read_special(entry, e);
		break;
	case ENTRY_HID:
		read_hid(entry, e);
		break;
	}
}

bool ivhd_next(struct ivrs_block *block, struct ivhd_entry *entry)
{
	struct acpi_walk *walk = &block->entries;
	const u8 *e;

	do {
		if (!acpi_left(walk, ENTRY_LEAST))
			return false;
		e = acpi_take(walk, entry_length(walk), ENTRY_LEAST);
		if (!e)
			return false;
	} while (e[0] == ENTRY_PAD4 || e[0] == ENTRY_PAD8);
	read_entry(entry, e);
	if (!is_start(entry->type))
		return true;

	/* A range's end must come next, and not before its start. */
	if (!acpi_left(walk, ENTRY_LEAST) || walk->at[0] != ENTRY_END ||
		get_le16(walk->at + 1) < entry->first) {
		walk->broken = true;
		return false;
	}
	entry->last = get_le16(walk->at + 1);
	walk->at += 4;
	return true;
}
