// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads facts from the lines within a record, which their first words identify. */
#include <linux/pci_regs.h>
#include <string.h>

#include "base/bytes.h"
#include "host/scan/lspci.h"

static void read_subsystem(struct lspci_record *record, struct span text)
{
	struct host_dev *dev = record->dev;
	u64 vendor, device;

	/* The ids are at the end, "[1043:8815]", or are the whole text. */
	if (text.len > 11 && text.at[text.len - 1] == ']')
		text = (struct span){ text.at + text.len - 10, 9 };
	if (text.len != 9 || text.at[4] != ':')
		return;
	if (span_number(text, 16, 4, &vendor) != 4 ||
		span_number((struct span){ text.at + 5, 4 }, 16, 4, &device) != 4)
		return;
	dev->subvendor = vendor;
	dev->subdevice = device;
	dev->known |= HOST_SUBSYSTEM;
}

static void read_group(struct lspci_record *record, struct span text)
{
	u64 number;

	if (span_number(text, 10, 6, &number)) {
		record->dev->group = number;
		record->dev->known |= HOST_GROUP;
		record->group_shown = true;
	}
}

static void read_numa(struct lspci_record *record, struct span text)
{
	u64 number;

	if (span_number(text, 10, 5, &number)) {
		record->dev->numa = number;
		record->dev->known |= HOST_NUMA;
	}
}

/* "Memory at fb000000 (64-bit, prefetchable) [size=16M]", "I/O ports at f000 [size=128]". */
static bool parse_region(struct span text, struct pci_bar *bar)
{
	struct span size = span_after(text, "[size=");
	char digits[24] = "";
	u64 start = 0;

	*bar = (struct pci_bar){ 0 };
	if (span_skip(&text, "I/O ports at "))
		bar->flags |= PCI_BAR_IO;
	else if (!span_skip(&text, "Memory at ") && !span_skip(&text, "Expansion ROM at "))
		return false;
	span_number(text, 16, 16, &start);
	bar->start = start;
	if (span_has(text, "64-bit"))
		bar->flags |= PCI_BAR_64BIT;
	if (span_has(text, " prefetchable") || span_has(text, "(prefetchable"))
		bar->flags |= PCI_BAR_PREFETCH;
	if (span_has(text, "[disabled]") || span_has(text, "<unassigned>") ||
		span_has(text, "<ignored>"))
		bar->flags |= PCI_BAR_OFF;
	if (size.len) {
		memcpy(digits, size.at, size.len < sizeof(digits) ? size.len : sizeof(digits) - 1);
		pci_bar_scan_size(digits, &bar->size);
	}
	return true;
}

static void read_region(struct lspci_record *record, struct span line)
{
	struct host_dev *dev = record->dev;
	struct pci_bar bar;
	u64 index = record->next_bar;

	if (span_skip(&line, "Region ")) {
		if (!span_number(line, 10, 1, &index))
			return;
		line = span_after(line, ": ");
	}
	if (index >= PCI_BARS || !parse_region(line, &bar))
		return;
	dev->bar[index] = bar;
	dev->known |= HOST_BARS;
	record->next_bar = index + (bar.flags & PCI_BAR_64BIT ? 2 : 1);
}

static void read_rom(struct lspci_record *record, struct span line)
{
	struct host_dev *dev = record->dev;
	struct pci_bar *rom = &dev->bar[PCI_BAR_ROM];

	if (!parse_region(line, rom))
		return;
	/* The kernel shows this region for the boot display: the copy that firmware left in RAM. */
	if (rom->start == 0xc0000 && rom->size == 128 * KIB) {
		rom->flags |= PCI_BAR_SHADOW;
		dev->boot_vga = true;
		dev->known |= HOST_BOOT_VGA;
	}
	/* Older versions of lspci print no size. */
	if (!rom->size)
		rom->flags |= PCI_BAR_OFF;
	dev->known |= HOST_ROM;
}

static void read_buses(struct lspci_record *record, struct span line)
{
	struct host_dev *dev = record->dev;
	u64 secondary, subordinate;

	if (!span_number(span_after(line, "secondary="), 16, 2, &secondary) ||
		!span_number(span_after(line, "subordinate="), 16, 2, &subordinate))
		return;
	dev->secondary = secondary;
	dev->subordinate = subordinate;
	dev->bridge = true;
	dev->known |= HOST_BUSES;
}

/* "Flags: bus master, fast devsel, latency 0, IRQ 24, NUMA node 0, IOMMU group 13" */
static void read_flags(struct lspci_record *record, struct span line)
{
	struct span group = span_after(line, "IOMMU group ");
	struct span numa = span_after(line, "NUMA node ");

	if (group.len)
		read_group(record, group);
	if (numa.len)
		read_numa(record, numa);
}

/* Reads lines before the first capability. */
static bool read_in_head(struct lspci_record *record, struct span line)
{
	struct span text = line;

	if (span_skip(&text, "Subsystem:")) {
		read_subsystem(record, span_trim(text));
	} else if (span_starts(line, "Flags:")) {
		record->verbose = true;
		read_flags(record, line);
	} else if (span_starts(line, "Control:") || span_starts(line, "Status:")) {
		record->verbose = true;
		record->has_list |= span_starts(line, "Status:") && span_has(line, "Cap+");
	} else if (span_skip(&text, "IOMMU group:")) {
		read_group(record, span_trim(text));
	} else if (span_skip(&text, "NUMA node:")) {
		read_numa(record, span_trim(text));
	} else if (span_skip(&text, "Physical Slot:")) {
		text = span_trim(text);
		record->dev->slot = host_string(record->host, text.at, text.len);
	} else if (span_starts(line, "Region ") || span_starts(line, "Memory at ") ||
		   span_starts(line, "I/O ports at ")) {
		read_region(record, line);
	} else if (span_starts(line, "Expansion ROM at ")) {
		read_rom(record, line);
	} else if (span_starts(line, "Bus: primary")) {
		read_buses(record, line);
	} else if (span_starts(line, "!!! Unknown header type 7f")) {
		record->dev->removed = true;
	} else {
		return false;
	}
	return true;
}

/* Reads lines that end the capabilities: what the kernel knows. */
static bool read_kernel(struct lspci_record *record, struct span line)
{
	if (span_skip(&line, "Kernel driver in use:")) {
		line = span_trim(line);
		record->dev->driver = host_string(record->host, line.at, line.len);
		record->dev->known |= HOST_DRIVER;
	} else if (span_starts(line, "Kernel modules:")) {
		/* This line follows the driver's, if there is a driver. */
		record->dev->known |= HOST_DRIVER;
	} else {
		return false;
	}
	record->driver_shown = true;
	record->in = IN_OTHER;
	return true;
}

bool lspci_detail(struct lspci_record *record, struct span line)
{
	struct span text = line;

	if (read_kernel(record, line))
		return true;
	if (span_skip(&text, "Capabilities: ")) {
		record->verbose = true;
		record->listed = true;
		record->acs_bits = NULL;
		lspci_open_capability(record, text);
		return true;
	}
	if (record->in == IN_HEAD)
		return read_in_head(record, line);
	lspci_capability_line(record, line);
	return false;
}
