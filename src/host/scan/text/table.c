// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads tables of other tools: a header line names the columns, and '|' or two blanks separate
 * them. driverctl's list has no header; each of its lines has only an address and a driver.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "host/scan/text/split.h"

/* Splits a line into cells at '|' if it has any, else at tabs or two blanks. Returns how many. */
static unsigned split_cells(struct span line, struct span cell[MAX_CELLS])
{
	bool bars = memchr(line.at, '|', line.len) != NULL;
	unsigned count = 0;

	line = span_trim(line);
	if (bars && line.len && line.at[0] == '|')
		line = span_from(line, 1);
	while (line.len && count < MAX_CELLS) {
		size_t n = 0;

		while (n < line.len &&
			!(bars ? line.at[n] == '|'
			       : line.at[n] == '\t' || (line.at[n] == ' ' && n + 1 < line.len &&
							       line.at[n + 1] == ' ')))
			n++;
		cell[count++] = span_trim((struct span){ line.at, n });
		line = span_from(line, n + 1);
		if (!bars)
			line = span_trim(line);
	}
	return count;
}

static bool cell_is(struct span cell, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (cell.len == strlen(words[i]) && !strncasecmp(cell.at, words[i], cell.len))
			return true;
	return false;
}

static bool is_header(struct table_shape *shape, const struct span *cell, unsigned count)
{
	static const char *const address[] = { "address", "id", "pci id", "pci", "pci address",
		"slot", "bdf", "bus", "busid", "bus id", "device address", "pci_address",
		"pci addr", "path" };
	static const char *const group[] = { "group", "iommu group", "iommugroup", "iommu",
		"iommu_group", "grp", "iommu grp", "iommu-group" };
	static const char *const vendor[] = { "vendor", "vendor id", "vid", "vendor_id" };
	static const char *const device[] = { "device", "device id", "did", "device_id" };
	static const char *const class[] = { "class", "type", "class id" };
	static const char *const name[] = { "name", "device_name", "device name", "description",
		"model" };
	static const char *const driver[] = { "driver", "kernel driver", "driver in use" };
	const struct {
		const char *const *words;
		unsigned count;
		signed char *column;
	} columns[] = { { address, ARRAY_SIZE(address), &shape->address },
		{ group, ARRAY_SIZE(group), &shape->group },
		{ vendor, ARRAY_SIZE(vendor), &shape->vendor },
		{ device, ARRAY_SIZE(device), &shape->device },
		{ class, ARRAY_SIZE(class), &shape->class },
		{ name, ARRAY_SIZE(name), &shape->name },
		{ driver, ARRAY_SIZE(driver), &shape->driver } };

	*shape = (struct table_shape){ false, -1, -1, -1, -1, -1, -1, -1, count };
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < ARRAY_SIZE(columns); k++)
			if (*columns[k].column < 0 &&
				cell_is(cell[i], columns[k].words, columns[k].count)) {
				*columns[k].column = i;
				break;
			}
	/* In some tables the column "Device" has the address. */
	if (shape->address < 0 && shape->device >= 0) {
		shape->address = shape->device;
		shape->device = -1;
	}
	return shape->address >= 0 && (shape->group >= 0 || shape->driver >= 0) && count >= 2;
}

static const struct span *column(const struct span *cell, unsigned count, signed char at)
{
	return at >= 0 && (unsigned)at < count && cell[at].len ? &cell[at] : NULL;
}

static void take_numbers(
	struct splitter *s, struct host_dev *dev, const struct span *cell, unsigned count)
{
	const struct table_shape *shape = &s->table;
	const struct span *vendor = column(cell, count, shape->vendor);
	const struct span *device = column(cell, count, shape->device);
	const struct span *class = column(cell, count, shape->class);
	u64 number;

	if (vendor && device && text_hex16(*vendor, &dev->vendor) &&
		text_hex16(*device, &dev->device))
		dev->known |= HOST_IDS;
	if (class) {
		struct span digits = *class;
		int found;

		span_skip(&digits, "0x");
		if (digits.len == 6 && span_number(digits, 16, 6, &number) == 6) {
			dev->class = number;
			dev->known |= HOST_CLASS;
		} else {
			found = pci_names_find_class(s->record.names, class->at, class->len);
			if (found >= 0) {
				dev->class = (u32)found << 8;
				dev->known |= HOST_CLASS;
			}
		}
	}
	dev->bridge |= dev->class >> 8 == 0x0604;
}

static bool take_row(struct splitter *s, const struct span *cell, unsigned count, bool bars)
{
	const struct table_shape *shape = &s->table;
	const struct span *address = column(cell, count, shape->address);
	const struct span *group = column(cell, count, shape->group);
	const struct span *name = column(cell, count, shape->name);
	const struct span *driver = column(cell, count, shape->driver);
	struct pci_addr addr;
	struct host_dev *dev;
	u64 number;
	size_t len;

	/* Without bars, an empty cell shifts the cells after it. */
	if (!bars && count != shape->nr_cells)
		return false;
	if (!address || (text_find_addr(*address, 0, &addr, &len), !len))
		return false;
	split_listing(s, LISTING_TABLE);
	dev = split_device(s, addr);
	if (!dev)
		return true;
	take_numbers(s, dev, cell, count);
	if (name)
		dev->name = host_string(s->raw, name->at, name->len);
	if (driver) {
		bool none = driver->at[0] == '(' || span_equals(*driver, "-") ||
			    span_equals(*driver, "none") || span_equals(*driver, "None");

		dev->driver = none ? NULL : host_string(s->raw, driver->at, driver->len);
		dev->known |= HOST_DRIVER;
	}
	if (group && span_number(*group, 10, 6, &number) == group->len && group->len)
		split_group(s, addr, number);
	return true;
}

/* "+------+-----+", "|---|---|" */
static bool is_rule(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr("+-|=: ", line.at[i]))
			return false;
	return line.len > 2;
}

/* "0000:01:00.0 vfio-pci [*]" */
static enum took take_driverctl(struct splitter *s, struct span line)
{
	struct span rest, word;
	struct pci_addr addr;
	struct host_dev *dev;
	size_t len, n = 0, at = text_find_addr(line, 0, &addr, &len);

	if (at || len < 12 || len >= line.len || line.at[len] != ' ')
		return TOOK_NOT;
	word = span_trim(span_from(line, len));
	while (n < word.len && (isalnum((u8)word.at[n]) || strchr("_-()", word.at[n])))
		n++;
	rest = span_trim(span_from(word, n));
	word.len = n;
	if (!n || isdigit((u8)word.at[0]) ||
		(rest.len && !span_starts(rest, "[*]") && rest.at[0] != '('))
		return TOOK_NOT;
	split_end_record(s);
	split_listing(s, LISTING_TABLE);
	dev = split_device(s, addr);
	if (!dev)
		return TOOK_IT;
	dev->driver = span_equals(word, "(none)") ? NULL : host_string(s->raw, word.at, word.len);
	dev->known |= HOST_DRIVER;
	return TOOK_IT;
}

enum took table_line(struct splitter *s, struct span raw)
{
	struct span cell[MAX_CELLS];
	struct table_shape shape;
	unsigned count;

	if (s->table.active) {
		if (is_rule(raw))
			return TOOK_IT;
		count = split_cells(raw, cell);
		if (take_row(s, cell, count, memchr(raw.at, '|', raw.len))) {
			s->reading->listings[s->listing].last = s->line.number;
			return TOOK_IT;
		}
		split_end_listing(s);
	}
	/* A header has hardly any digits, and at least two words. */
	if (raw.len > 400 || raw.len < 8)
		return TOOK_NOT;
	count = split_cells(raw, cell);
	if (count >= 2 && is_header(&shape, cell, count)) {
		split_end_listing(s);
		if (!split_listing(s, LISTING_TABLE))
			return TOOK_IT;
		s->table = shape;
		s->table.active = true;
		return TOOK_IT;
	}
	return take_driverctl(s, span_trim(raw));
}
