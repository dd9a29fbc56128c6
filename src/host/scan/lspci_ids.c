// SPDX-License-Identifier: GPL-2.0-or-later
/* The head line of a record: address, class, name, ids. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "host/scan/text/split.h"

/* A head line's class is at most this long: "Non-Essential Instrumentation [1300]". */
#define CLASS_TEXT 72

static bool hex_word(struct span s, u64 *value)
{
	return span_number(s, 16, 4, value) == 4;
}

/* "0300", "Class 0300", "Anything [0300]", or words. */
static int parse_class(struct pci_names *names, struct span text)
{
	struct span word = text;
	u64 class;

	span_skip(&word, "Class ");
	if (word.len == 4 && hex_word(word, &class))
		return class;
	if (text.len > 6 && text.at[text.len - 1] == ']') {
		struct span tail = { text.at + text.len - 6, 6 };

		if (span_skip(&tail, "[") && hex_word(tail, &class))
			return class;
	}
	return pci_names_find_class(names, text.at, text.len);
}

/*
 * Reads "00:01.0", or the path of lspci -PP, "00:01.0/01:00.0", or that of -P, "00:01.0/00.0",
 * where each bus is the secondary bus of the bridge before. Returns the length of what it read.
 */
static size_t scan_path(const struct lspci_record *record, const char *text, struct pci_addr *addr)
{
	size_t n = pci_addr_scan(text, addr);

	while (n && text[n] == '/') {
		struct pci_addr next;
		size_t more = pci_addr_scan(text + n + 1, &next);
		char full[PCI_ADDR_SIZE];
		int bridge = HOST_NONE;

		if (more) {
			next.domain = addr->domain;
		} else {
			snprintf(full, sizeof(full), "00:%.4s", text + n + 1);
			more = pci_addr_scan(full, &next) == 7 ? 4 : 0;
			if (more)
				bridge = addr_map_get(record->records, *addr);
			if (!more || bridge == HOST_NONE)
				return 0;
			next.domain = addr->domain;
			next.bus = record->host->devs[bridge].secondary;
		}
		n += 1 + more;
		*addr = next;
	}
	return n;
}

bool lspci_head(const struct lspci_record *record, struct span line, struct lspci_head *head)
{
	char text[256];
	struct span class;
	size_t len = line.len < sizeof(text) ? line.len : sizeof(text) - 1;
	size_t n;

	if (len < 9 || !isxdigit((u8)line.at[0]))
		return false;
	memcpy(text, line.at, len);
	text[len] = '\0';
	n = scan_path(record, text, &head->addr);
	if (!n || n >= len || line.at[n] != ' ')
		return false;
	line.at += n + 1;
	line.len -= n + 1;

	/* The first ": " ends the class, because no class contains one. */
	class = line;
	for (class.len = 0; class.len + 1 < line.len; class.len++)
		if (line.at[class.len] == ':' && line.at[class.len + 1] == ' ')
			break;
	if (class.len + 1 >= line.len || class.len > CLASS_TEXT)
		return false;
	head->class = parse_class(record->names, class);
	head->name = span_trim((struct span){ line.at + class.len + 2, line.len - class.len - 2 });
	return true;
}

/* Takes a suffix such as "... (rev a1)" or "... (prog-if 00 [VGA controller])" off. */
static bool cut_tail(struct span *text, const char *key, u64 *value)
{
	size_t n = strlen(key);

	for (size_t i = text->len; i-- > 0;) {
		struct span tail = { text->at + i, text->len - i };

		if (!span_starts(tail, key))
			continue;
		if (span_number((struct span){ tail.at + n, tail.len - n }, 16, 2, value) != 2)
			return false;
		text->len = i;
		*text = span_trim(*text);
		return true;
	}
	return false;
}

/* Takes the ids off "... [10de:2204]", or from a text that is just "10de:2204". */
static bool cut_ids(struct span *text, u16 *vendor, u16 *device)
{
	struct span tail = *text;
	bool bracketed = text->len > 11 && text->at[text->len - 1] == ']';
	u64 v, d;

	if (bracketed)
		tail = (struct span){ text->at + text->len - 10, 9 };
	if (tail.len != 9 || tail.at[4] != ':' || (bracketed && tail.at[-1] != '['))
		return false;
	if (!hex_word((struct span){ tail.at, 4 }, &v) ||
		!hex_word((struct span){ tail.at + 5, 4 }, &d))
		return false;
	*vendor = v;
	*device = d;
	if (bracketed)
		*text = span_trim((struct span){ text->at, text->len - 11 });
	return true;
}

/*
 * Ports that have a quirk and whose names have changed: dumps without numbers still have the old
 * names.
 */
static const struct {
	const char *words;
	u16 device;
} old_intel_names[] = {
	{ "5 Series/3400 Series Chipset PCI Express Root Port", 0x3b42 },
	{ "6 Series/C200 Series Chipset Family PCI Express Root Port", 0x1c10 },
	{ "7 Series/C216 Chipset Family PCI Express Root Port", 0x1e10 },
	{ "7 Series/C210 Series Chipset Family PCI Express Root Port", 0x1e10 },
	{ "7 Series Chipset Family PCI Express Root Port", 0x1e10 },
	{ "8 Series/C220 Series Chipset Family PCI Express Root Port", 0x8c10 },
	{ "Lynx Point PCI Express Root Port", 0x8c10 },
	{ "Lynx Point-LP PCI Express Root Port", 0x9c10 },
	{ "8 Series PCI Express Root Port", 0x9c10 },
	{ "Wildcat Point-LP PCI Express Root Port", 0x9c90 },
	{ "C600/X79 series chipset PCI Express Root Port", 0x1d10 },
	{ "C610/X99 series chipset PCI Express Root Port", 0x8d10 },
	{ "Wellsburg PCI Express Root Port", 0x8d10 },
	{ "9 Series Chipset Family PCI Express Root Port", 0x8c90 },
	{ "100 Series/C230 Series Chipset Family PCI Express Root Port", 0xa110 },
	{ "Sunrise Point-H PCI Express Root Port", 0xa110 },
	{ "Sunrise Point-LP PCI Express Root Port", 0x9d10 },
	{ "200 Series PCH PCI Express Root Port", 0xa290 },
	{ "82801 PCI Bridge", 0x244e },
};

static bool find_old_name(struct span name, u16 *vendor, u16 *device)
{
	if (!span_skip(&name, "Intel Corporation "))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(old_intel_names); i++) {
		if (!span_starts(name, old_intel_names[i].words))
			continue;
		*vendor = 0x8086;
		*device = old_intel_names[i].device;
		return true;
	}
	return false;
}

static void ids_by_name(struct lspci_record *record, struct span name)
{
	struct host_dev *dev = record->dev;
	int found =
		pci_names_find_device(record->names, name.at, name.len, &dev->vendor, &dev->device);

	if (found < 2 && find_old_name(name, &dev->vendor, &dev->device))
		found = 2;
	if (found == 2)
		dev->known |= HOST_IDS | HOST_IDS_BY_NAME;
}

/*
 * Whether a name is only "10de:2204", "NVIDIA Corporation Device" or "... Device 2204": the device
 * was unknown when the text was made, and may have a name now.
 */
static bool is_numbers(const struct host_dev *dev, struct span text)
{
	u64 number;

	if (text.len == 0 || (text.len == 9 && text.at[4] == ':'))
		return true;
	if (!host_knows(dev, HOST_IDS))
		return false;
	if (text.len > 12 && hex_word((struct span){ text.at + text.len - 4, 4 }, &number))
		text.len -= 5;
	return text.len > 7 && !memcmp(text.at + text.len - 7, " Device", 7);
}

void lspci_name(struct lspci_record *record, struct span text)
{
	struct host_dev *dev = record->dev;
	u64 value;

	if (cut_tail(&text, "(prog-if ", &value)) {
		dev->class = (dev->class & ~0xffu) | (value & 0xff);
		if (value == 0xff)
			dev->removed = true;
	}
	if (cut_tail(&text, "(rev ", &value)) {
		dev->revision = value;
		/*
		 * No device has revision ff; without -v it is the only sign that the device does
		 * not respond.
		 */
		if (value == 0xff)
			dev->removed = true;
	}
	if (cut_ids(&text, &dev->vendor, &dev->device)) {
		dev->known |= HOST_IDS;
		dev->known &= ~HOST_IDS_BY_NAME;
	} else {
		ids_by_name(record, text);
	}
	if (!is_numbers(dev, text))
		dev->name = host_string(record->host, text.at, text.len);
}
