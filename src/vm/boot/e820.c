// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/e820.h"

#include <errno.h>

#include "base/bytes.h"

#define EBDA      0x9fc00ull
#define VGA       0xa0000ull
#define BIOS_ROM  0xf0000ull
#define HIGH_BASE (4 * GIB)

/* Appends to @map and joins adjacent ranges of the same type. */
static int append(struct e820 *map, u64 start, u64 end, u32 type)
{
	struct e820_entry *last = map->nr ? &map->entries[map->nr - 1] : NULL;

	if (start == end || type == E820_NONE)
		return 0;
	if (last && last->type == type && range_end(last->range) == start) {
		last->range.size += end - start;
		return 0;
	}
	if (map->nr == E820_MAX)
		return -ENOSPC;
	map->entries[map->nr++] = (struct e820_entry){ { start, end - start }, type };
	return 0;
}

int e820_set(struct e820 *map, u64 start, u64 size, enum e820_type type)
{
	struct e820 old = *map, new = { .nr = 0 };
	bool placed = false;
	u64 end = start + size;
	int ret = 0;

	if (!size || end <= start)
		return -EINVAL;

	for (unsigned i = 0; i < old.nr && !ret; i++) {
		struct range r = old.entries[i].range;
		u32 was = old.entries[i].type;

		if (r.start < start)
			ret = append(
				&new, r.start, range_end(r) < start ? range_end(r) : start, was);
		if (!ret && !placed && range_end(r) > start) {
			ret = append(&new, start, end, type);
			placed = true;
		}
		if (!ret && range_end(r) > end)
			ret = append(&new, r.start > end ? r.start : end, range_end(r), was);
	}
	if (!ret && !placed)
		ret = append(&new, start, end, type);
	if (!ret)
		*map = new;
	return ret;
}

bool e820_is(const struct e820 *map, u64 start, u64 size, enum e820_type type)
{
	for (unsigned i = 0; i < map->nr; i++)
		if (map->entries[i].type == type &&
			range_contains(map->entries[i].range, start, size))
			return true;
	return false;
}

int e820_find_ram(const struct e820 *map, u64 floor, u64 ceiling, u64 size, u64 align, u64 *addr)
{
	for (unsigned i = map->nr; i-- > 0;) {
		u64 start = map->entries[i].range.start;
		u64 end = range_end(map->entries[i].range);

		if (map->entries[i].type != E820_RAM)
			continue;
		if (start < floor)
			start = floor;
		if (end > ceiling)
			end = ceiling;
		if (end < start || end - start < size)
			continue;
		*addr = round_down(end - size, align);
		if (*addr >= start)
			return 0;
	}
	return -ENOSPC;
}

u64 e820_ram_end(const struct e820 *map, u64 ceiling)
{
	u64 end = 0;

	for (unsigned i = 0; i < map->nr; i++)
		if (map->entries[i].type == E820_RAM && map->entries[i].range.start < ceiling)
			end = range_end(map->entries[i].range);
	return end < ceiling ? end : ceiling;
}

/* Sets the type of a range, all of which must be of type @under before. */
static int claim(struct e820 *map, struct range r, enum e820_type under, enum e820_type type)
{
	if (!r.size)
		return 0;
	if (!range_valid(r.start, r.size))
		return -EINVAL;
	if (under != E820_NONE && !e820_is(map, r.start, r.size, under))
		return -EINVAL;
	for (unsigned i = 0; under == E820_NONE && i < map->nr; i++)
		if (range_overlaps(map->entries[i].range, r))
			return -EINVAL;
	return e820_set(map, r.start, r.size, type);
}

int e820_build(struct e820 *map, const struct e820_layout *layout)
{
	int ret;

	*map = (struct e820){ .nr = 0 };
	if (layout->low_ram < MIB || layout->low_ram > HIGH_BASE)
		return -EINVAL;

	ret = claim(map, (struct range){ 0, layout->low_ram }, E820_NONE, E820_RAM);
	if (!ret)
		ret = claim(
			map, (struct range){ HIGH_BASE, layout->high_ram }, E820_NONE, E820_RAM);
	if (!ret)
		ret = e820_set(map, VGA, BIOS_ROM - VGA, E820_NONE);
	if (!ret)
		ret = e820_set(map, EBDA, VGA - EBDA, E820_RESERVED);
	if (!ret)
		ret = e820_set(map, BIOS_ROM, MIB - BIOS_ROM, E820_RESERVED);
	if (!ret)
		ret = claim(map, layout->acpi_tables, E820_RAM, E820_ACPI);
	for (unsigned i = 0; i < layout->nr_reserved && !ret; i++)
		ret = claim(map, layout->reserved[i], E820_NONE, E820_RESERVED);
	return ret;
}
