// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads lspci's output for programs: lines with quoted fields (-mm), or "Key:<tab>value" (-vmm). */
#include <ctype.h>
#include <string.h>

#include "host/scan/text/split.h"

#define FIELDS 6

/*
 * Splits a line into its quoted fields and the options "-r05", "-p02". Returns how many fields it
 * has.
 */
static unsigned split_fields(
	struct span line, struct span field[FIELDS], u8 *revision, u8 *interface)
{
	unsigned count = 0;
	u64 number;

	while (line.len && count < FIELDS) {
		const char *end;

		line = span_trim(line);
		if (span_starts(line, "-r") && span_number(span_from(line, 2), 16, 2, &number))
			*revision = number;
		if (span_starts(line, "-p") && span_number(span_from(line, 2), 16, 2, &number))
			*interface = number;
		if (!line.len)
			break;
		if (line.at[0] != '"') {
			while (line.len && line.at[0] != ' ')
				line = span_from(line, 1);
			continue;
		}
		line = span_from(line, 1);
		end = memchr(line.at, '"', line.len);
		if (!end)
			break;
		field[count++] = (struct span){ line.at, end - line.at };
		line = span_from(line, end + 1 - line.at);
	}
	return count;
}

/* Takes the id off "NVIDIA Corporation [10de]" or "10de", and leaves the name. */
static bool cut_id(struct span *text, u16 *id)
{
	struct span tail = *text;

	if (text_hex16(tail, id)) {
		*text = span_from(*text, text->len);
		return true;
	}
	if (tail.len < 6 || tail.at[tail.len - 1] != ']' || tail.at[tail.len - 6] != '[')
		return false;
	if (!text_hex16((struct span){ tail.at + tail.len - 5, 4 }, id))
		return false;
	text->len -= 6;
	*text = span_trim(*text);
	return true;
}

static void set_class(struct splitter *s, struct host_dev *dev, struct span text)
{
	int class;
	u16 id;

	if (cut_id(&text, &id))
		class = id;
	else
		class = pci_names_find_class(s->record.names, text.at, text.len);
	if (class < 0)
		return;
	dev->class = (u32) class << 8 | (dev->class & 0xff);
	dev->known |= HOST_CLASS;
	dev->bridge |= class == 0x0604 || class == 0x0607;
}

/* Finds ids by name if there are no numbers. */
static void set_ids(
	struct splitter *s, struct host_dev *dev, struct span vendor, struct span device)
{
	char text[256];
	bool numbers = cut_id(&vendor, &dev->vendor);

	numbers &= cut_id(&device, &dev->device);
	if (numbers)
		dev->known |= HOST_IDS;
	if (!vendor.len || !device.len || vendor.len + device.len + 1 >= sizeof(text))
		return;
	memcpy(text, vendor.at, vendor.len);
	text[vendor.len] = ' ';
	memcpy(text + vendor.len + 1, device.at, device.len);
	if (!numbers && pci_names_find_device(s->record.names, text, vendor.len + 1 + device.len,
				&dev->vendor, &dev->device) == 2)
		dev->known |= HOST_IDS | HOST_IDS_BY_NAME;
	if (!span_equals(device, "Device"))
		dev->name = host_string(s->raw, text, vendor.len + 1 + device.len);
}

static void set_subsystem(struct host_dev *dev, struct span vendor, struct span device)
{
	if (cut_id(&vendor, &dev->subvendor) && cut_id(&device, &dev->subdevice))
		dev->known |= HOST_SUBSYSTEM;
}

/*
 * 01:00.0 "VGA compatible controller [0300]" "NVIDIA Corporation [10de]" "GA104 [2482]" -ra1 "" ""
 */
enum took machine_line(struct splitter *s, struct span line)
{
	struct span field[FIELDS];
	struct pci_addr addr;
	struct host_dev *dev;
	u8 revision = 0, interface = 0;
	unsigned count;
	size_t len, at = text_find_addr(line, 0, &addr, &len);
	int group;

	if (!len || !memchr(line.at, '"', line.len))
		return TOOK_NOT;
	count = split_fields(span_from(line, at + len), field, &revision, &interface);
	if (count < 3 || span_trim(span_from(line, at + len)).at[0] != '"')
		return TOOK_NOT;
	group = groups_in_lead((struct span){ line.at, at });
	split_end_record(s);
	split_listing(s, group == HOST_NONE ? LISTING_LSPCI_MACHINE : LISTING_GROUPS);
	if (addr_map_get(&s->map, addr) != HOST_NONE && s->listing != HOST_NONE &&
		(int)s->notes[addr_map_get(&s->map, addr)].listing == s->listing) {
		split_end_listing(s);
		split_listing(s, group == HOST_NONE ? LISTING_LSPCI_MACHINE : LISTING_GROUPS);
	}
	dev = split_device(s, addr);
	if (!dev)
		return TOOK_IT;
	set_class(s, dev, field[0]);
	dev->class |= interface;
	dev->revision = revision;
	set_ids(s, dev, field[1], field[2]);
	if (count >= 5)
		set_subsystem(dev, field[3], field[4]);
	if (group != HOST_NONE)
		split_group(s, addr, group);
	return TOOK_IT;
}

/* The value after "Key:" and blanks. */
static bool value_of(struct span line, const char *key, struct span *value)
{
	if (!span_skip(&line, key) || !line.len || line.at[0] != ':')
		return false;
	*value = span_trim(span_from(line, 1));
	return true;
}

static void take_name(struct splitter *s, struct host_dev *dev, struct span device)
{
	struct span vendor = s->vendor;

	set_ids(s, dev, vendor, device);
}

static bool open_slot(struct splitter *s, struct span value)
{
	struct pci_addr addr;
	struct host_dev *dev;
	size_t len;
	int at;

	if (text_find_addr(value, 0, &addr, &len) || !len || len != value.len)
		return false;
	split_end_record(s);
	split_listing(s, LISTING_LSPCI_RECORDS);
	at = addr_map_get(&s->map, addr);
	if (at != HOST_NONE && (int)s->notes[at].listing == s->listing) {
		split_end_listing(s);
		split_listing(s, LISTING_LSPCI_RECORDS);
	}
	dev = split_device(s, addr);
	if (!dev)
		return true;
	s->slot = addr;
	s->vendor = s->subvendor = (struct span){ value.at, 0 };
	return true;
}

static bool take_number(struct span value, unsigned base, u64 *number)
{
	return value.len && span_number(value, base, 6, number) == value.len;
}

static void take_key(struct splitter *s, struct host_dev *dev, struct span line)
{
	struct span value;
	u64 number;

	if (value_of(line, "Class", &value)) {
		set_class(s, dev, value);
	} else if (value_of(line, "Vendor", &value)) {
		s->vendor = value;
	} else if (value_of(line, "Device", &value)) {
		take_name(s, dev, value);
	} else if (value_of(line, "SVendor", &value)) {
		s->subvendor = value;
	} else if (value_of(line, "SDevice", &value)) {
		set_subsystem(dev, s->subvendor, value);
	} else if (value_of(line, "Rev", &value)) {
		if (take_number(value, 16, &number))
			dev->revision = number;
	} else if (value_of(line, "ProgIf", &value)) {
		if (take_number(value, 16, &number))
			dev->class |= number & 0xff;
	} else if (value_of(line, "PhySlot", &value)) {
		dev->slot = host_string(s->raw, value.at, value.len);
	} else if (value_of(line, "Driver", &value)) {
		dev->driver = host_string(s->raw, value.at, value.len);
		dev->known |= HOST_DRIVER;
		split_note(s, dev)->driver_shown = true;
	} else if (value_of(line, "Module", &value)) {
		dev->known |= HOST_DRIVER;
		split_note(s, dev)->driver_shown = true;
	} else if (value_of(line, "NUMANode", &value)) {
		if (take_number(value, 10, &number)) {
			dev->numa = number;
			dev->known |= HOST_NUMA;
		}
	} else if (value_of(line, "IOMMUGroup", &value) && take_number(value, 10, &number)) {
		dev->group = number;
		dev->known |= HOST_GROUP;
		split_note(s, dev)->group_shown = true;
	}
}

enum took records_line(struct splitter *s, struct span line)
{
	static const char *const keys[] = { "Class", "Vendor", "Device", "SVendor", "SDevice",
		"Rev", "ProgIf", "PhySlot", "Driver", "Module", "NUMANode", "IOMMUGroup",
		"DTNode" };
	struct span value;

	if (!line.len || !isupper((u8)line.at[0]))
		return TOOK_NOT;
	if ((value_of(line, "Slot", &value) || value_of(line, "Device", &value)) &&
		open_slot(s, value))
		return TOOK_IT;
	if (s->listing == HOST_NONE ||
		s->reading->listings[s->listing].kind != LISTING_LSPCI_RECORDS)
		return TOOK_NOT;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct host_dev *dev;

		if (!value_of(line, keys[i], &value))
			continue;
		dev = split_device(s, s->slot);
		if (dev)
			take_key(s, dev, line);
		s->reading->listings[s->listing].last = s->line.number;
		return TOOK_IT;
	}
	return TOOK_NOT;
}
