// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/acpi/vfct.h"
#include "pci/rom/rom_internal.h"
#include "pci/rom/set_internal.h"

static void take_ids(struct rom_entry *entry, const struct rom *rom)
{
	for (unsigned i = rom->nr_images; i--;) {
		const struct rom_image *image = &rom->images[i];

		entry->bios |= image->code == ROM_CODE_BIOS;
		entry->efi |= image->code == ROM_CODE_EFI;
		if (!image->has_pcir || image->code == ROM_CODE_NVIDIA)
			continue;
		entry->has_ids = true;
		entry->vendor = image->vendor;
		entry->device = image->device;
		entry->class = image->class;
	}
}

static struct rom_entry *add(struct rom_set *set, const struct rom *rom, bool decompressed)
{
	struct rom_entry *entry;

	if (set->nr_entries == ROM_MAX_ENTRIES) {
		set->left_out = true;
		return NULL;
	}
	entry = &set->entries[set->nr_entries++];
	*entry = (struct rom_entry){
		.bytes = rom->bytes,
		.size = rom->size,
		.offset = rom->base,
		.end = rom->end > rom->base ? rom->end : rom->base,
		.decompressed = decompressed,
	};
	take_ids(entry, rom);
	return entry;
}

/* In other data, 55 AA may lead to PCIR by chance: require an image that firmware would use. */
static bool starts_rom(const struct rom *window, u32 at)
{
	struct rom_image image;

	if (!rom_image_at(window, at) || rom_u16(window, at) != ROM_SIG_PCI)
		return false;
	rom_image_read(window, at, &image);
	return image.length && (image.code == ROM_CODE_BIOS || image.code == ROM_CODE_EFI);
}

static u32 next_start(const struct rom *window, u32 from)
{
	for (u32 at = from; at + ROM_HDR_SIZE <= window->size; at++) {
		const u8 *found = memchr(window->bytes + at, 0x55, window->size - at);

		if (!found)
			break;
		at = found - window->bytes;
		if (starts_rom(window, at))
			return at;
	}
	return window->size;
}

void rom_set_scan(struct rom_set *set, const u8 *bytes, u32 size, u32 from, bool decompressed)
{
	struct rom window = { .bytes = bytes, .size = size };
	own_free struct rom *rom = malloc(sizeof(*rom));
	u32 at = next_start(&window, from);

	while (rom && at < size && !set->left_out) {
		u32 next;

		rom_parse_at(rom, bytes, size, at, ROM_WRAPPER_UNKNOWN);
		/*
		 * Always go forward, even if a length is 0 or ends before where a scan has got to.
		 */
		next = next_start(&window, rom->end > at ? rom->end : at + 1);
		add(set, rom, decompressed);
		at = next;
	}
}

static void read_vfct(struct rom_set *set, const u8 *bytes, u32 size)
{
	u32 length = size >= 8 ? get_le32(bytes + 4) : 0;
	struct acpi_table table = { .bytes = bytes, .size = length < size ? length : size };
	own_free struct rom *rom = malloc(sizeof(*rom));
	struct acpi_walk walk = vfct_walk(&table);
	struct vfct_image image;

	while (rom && vfct_next(&walk, &image)) {
		u32 at = image.bytes - bytes;
		struct rom_entry *entry;

		rom_parse_at(rom, bytes, at + image.size, at, ROM_WRAPPER_VFCT);
		entry = add(set, rom, false);
		if (!entry)
			return;
		entry->has_address = true;
		entry->bus = image.bus;
		entry->dev = image.dev;
		entry->fn = image.fn;
		if (!entry->has_ids) {
			entry->has_ids = true;
			entry->vendor = image.vendor;
			entry->device = image.device;
		}
	}
	/* The last record is incomplete. */
	if (walk.broken)
		set->left_out = true;
}

/* Finds the ROM at the file's start and those after it, or ROMs anywhere in the file. */
static void read_plain(struct rom_set *set, const u8 *bytes, u32 size)
{
	own_free struct rom *rom = malloc(sizeof(*rom));

	if (!rom)
		return;
	rom_parse(rom, bytes, size);
	if (rom->wrapper == ROM_WRAPPER_UNKNOWN)
		rom_set_scan(set, bytes, size, 0, false);
	if (!rom->nr_images || set->nr_entries)
		return;
	add(set, rom, false);
	rom_set_scan(set, bytes, size, rom->end, false);
}

void rom_set_read(struct rom_set *set, const u8 *bytes, size_t size)
{
	u32 room = size < ROM_MAX_SIZE ? size : ROM_MAX_SIZE;
	struct rom window = { .bytes = bytes, .size = room };

	*set = (struct rom_set){ .wrapper = ROM_WRAPPER_NONE };
	if (room >= 4 && !memcmp(bytes, "VFCT", 4)) {
		set->wrapper = ROM_WRAPPER_VFCT;
		read_vfct(set, bytes, room);
		return;
	}
	if (rom_u16(&window, 0) != ROM_SIG_PCI && rom_is_firmware(bytes, room)) {
		set->wrapper = ROM_WRAPPER_FIRMWARE;
		rom_set_scan(set, bytes, room, 0, false);
		rom_firmware_read(set, bytes, room);
		return;
	}
	read_plain(set, bytes, room);
}

void rom_set_close(struct rom_set *set)
{
	for (unsigned i = 0; i < set->nr_buffers; i++)
		free(set->buffers[i]);
	set->nr_buffers = 0;
	set->nr_entries = 0;
}

int rom_set_find(const struct rom_set *set, const struct rom_target *target)
{
	for (unsigned i = 0; i < set->nr_entries; i++) {
		const struct rom_entry *entry = &set->entries[i];

		if (!target || (entry->has_ids && entry->vendor == target->vendor &&
				       entry->device == target->device))
			return i;
	}
	return -1;
}

static bool is_copy(const struct rom_entry *a, const struct rom_entry *b)
{
	u32 size = a->end - a->offset;

	return size == b->end - b->offset &&
	       !memcmp(a->bytes + a->offset, b->bytes + b->offset, size);
}

static void note_others(const struct rom_set *set, unsigned index, struct rom *rom)
{
	const struct rom_entry *own = &set->entries[index];
	unsigned nr_copies = 0, nr_others = 0;

	for (unsigned i = 0; i < set->nr_entries; i++) {
		if (i == index)
			continue;
		if (is_copy(own, &set->entries[i]))
			nr_copies++;
		else
			nr_others++;
	}
	if (nr_copies)
		rom_report(rom, ROM_NOTE, "copies", -1, own->end,
			"the file has the same ROM %u times; a read that was longer than the ROM "
			"repeats it",
			nr_copies + 1);
	if (nr_others)
		rom_report(rom, ROM_NOTE, "more-roms", -1, own->end,
			"the file has %u other ROM%s; --for IDS takes the one with these ids",
			nr_others, nr_others == 1 ? "" : "s");
}

/* Whether the entry is the ROM that the file begins with, or that NVIDIA's header leads to. */
static bool is_files_own(const struct rom_entry *entry, unsigned index)
{
	return !entry->offset || (!index && entry->size >= 4 && !memcmp(entry->bytes, "NVGI", 4));
}

void rom_set_parse(const struct rom_set *set, unsigned index, struct rom *rom)
{
	const struct rom_entry *entry = &set->entries[index];
	enum rom_wrapper wrapper = set->wrapper;

	if (wrapper == ROM_WRAPPER_NONE && is_files_own(entry, index)) {
		rom_parse(rom, entry->bytes, entry->size);
	} else {
		if (wrapper == ROM_WRAPPER_NONE)
			wrapper = ROM_WRAPPER_UNKNOWN;
		rom_parse_at(rom, entry->bytes, entry->size, entry->offset, wrapper);
	}
	note_others(set, index, rom);
}
