// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lspci printed, as it comes in bug reports: quoted in a mail, indented, with other text
 * around it, of any age. A record begins with an address and a class; lines that are neither
 * that nor known are passed over. Where there is a hex dump it is the truth, and the text fills
 * in what the dump does not reach.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "host/facts/class.h"
#include "host/scan/config.h"
#include "host/scan/lspci.h"
#include "host/scan/scan.h"
#include "pci/caps.h"

/* More than any host has. Some steps look at each device for each other one. */
#define MAX_DEVICES (32 * 1024)

bool lspci_hex(struct lspci_record *record, struct span line)
{
	u64 pos, byte;
	unsigned n = span_number(line, 16, 3, &pos), count = 0;
	u8 bytes[16];

	if (n < 2 || n + 4 > line.len || line.at[n] != ':' || pos % 16)
		return false;
	line.at += n + 1;
	line.len -= n + 1;
	while (line.len >= 3 && line.at[0] == ' ' && count < sizeof(bytes)) {
		struct span pair = { line.at + 1, 2 };

		if (span_number(pair, 16, 2, &byte) != 2)
			break;
		bytes[count++] = byte;
		line.at += 3;
		line.len -= 3;
	}
	if (count == 0 || span_trim(line).len)
		return false;
	if (!record->config)
		record->config = host_alloc(record->host, PCI_CONFIG_SIZE);
	/* In one piece from the start, or not at all. */
	if (record->config && pos == record->config_end) {
		memcpy(record->config + pos, bytes, count);
		record->config_end = pos + count;
	}
	return true;
}

static unsigned usable_size(unsigned end)
{
	return end >= PCI_CONFIG_SIZE         ? PCI_CONFIG_SIZE
	       : end >= PCI_CFG_SPACE_SIZE    ? PCI_CFG_SPACE_SIZE
	       : end >= PCI_STD_HEADER_SIZEOF ? PCI_STD_HEADER_SIZEOF
					      : 0;
}

/* What the text as a whole says of capabilities, once the record has ended. */
static void conclude_capabilities(struct lspci_record *record)
{
	struct host_dev *dev = record->dev;
	/* A list without Express, or none, where one would have been printed. */
	if (record->verbose && !record->denied)
		dev->known |= HOST_PCIE;
	/* Who can read the list can read the extended one. */
	if (dev->acs.present)
		dev->known |= HOST_ACS;
	else if (host_knows(dev, HOST_PCIE))
		dev->known |= HOST_ACS | HOST_ACS_BITS;
}

static void end_record(struct lspci_record *record)
{
	struct host_dev *dev = record->dev;

	if (!dev)
		return;
	dev->bridge |= dev->class >> 8 == CLASS_PCI_BRIDGE || dev->class >> 8 == CLASS_CARDBUS;
	if (dev->bridge)
		dev->header = dev->class >> 8 == CLASS_CARDBUS ? PCI_HEADER_TYPE_CARDBUS
							       : PCI_HEADER_TYPE_BRIDGE;
	conclude_capabilities(record);
	if (record->verbose)
		dev->known |= HOST_ROM | HOST_BARS;
	/* With details it is an lspci that follows the list, not a line of it. */
	if (record->verbose && record->group_listed) {
		dev->group = HOST_NONE;
		dev->known &= ~HOST_GROUP;
		record->listed_group = HOST_NONE;
	}
	dev->config_size = usable_size(record->config_end);
	if (dev->config_size) {
		dev->config = record->config;
		scan_config(dev, false);
	}
}

static int start_record(struct lspci_record *record, const struct lspci_head *given)
{
	const struct lspci_head copy = *given, *head = &copy;
	struct host *host = record->host;

	end_record(record);
	if (host->count >= MAX_DEVICES)
		return -EFBIG;
	*record = (struct lspci_record){
		.host = host,
		.names = record->names,
		.listed_group = record->listed_group,
		.name = head->name,
		.dev = host_add(host, head->addr),
	};
	if (!record->dev)
		return -ENOMEM;
	if (head->class >= 0) {
		record->dev->class = (u32)head->class << 8;
		record->dev->known |= HOST_CLASS;
	}
	lspci_name(record, head->name);
	record->head_line = true;
	if (record->listed_group != HOST_NONE) {
		record->group_listed = true;
		record->dev->group = record->listed_group;
		record->dev->known |= HOST_GROUP;
	}
	return 0;
}

/*
 * The list of groups that people print with a few lines of shell: "IOMMU Group 7:" above its
 * devices, or "IOMMU Group 7 01:00.0 ..." with each. Takes that off the line.
 */
static struct span take_listed_group(struct lspci_record *record, struct span line)
{
	struct span rest = line;
	u64 number;
	unsigned n;

	if (!span_skip(&rest, "IOMMU Group ") && !span_skip(&rest, "IOMMU group "))
		return line;
	n = span_number(rest, 10, 9, &number);
	if (!n)
		return line;
	record->listed_group = number;
	rest.at += n;
	rest.len -= n;
	span_skip(&rest, ":");
	return span_trim(rest);
}

/* Mail quotes with '>', one for each answer. */
static struct span unquote(struct span line)
{
	while (line.len && line.at[0] == '>') {
		span_skip(&line, ">");
		span_skip(&line, " ");
	}
	return span_trim(line);
}

/* What only follows a head. */
static bool proves_head(struct span line)
{
	static const char *const starts[] = { "Subsystem:", "Flags:", "Control:", "DeviceName:",
		"Physical Slot:", "Kernel driver in use:", "Kernel modules:", "00: ", "!!! " };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (span_starts(line, starts[i]))
			return true;
	return false;
}

static int read_line(struct lspci_record *record, struct span line)
{
	struct lspci_head head;
	bool head_line;

	line = take_listed_group(record, unquote(line));
	if (!line.len)
		return 0;
	if (lspci_head(record, line, &head)) {
		if (head.class >= 0)
			return start_record(record, &head);
		/* Either way the lines from here on are not the last device's. */
		end_record(record);
		record->dev = NULL;
		record->in_doubt = true;
		record->doubtful = head;
		return 0;
	}
	if (record->in_doubt && proves_head(line)) {
		int ret = start_record(record, &record->doubtful);

		if (ret)
			return ret;
	}
	record->in_doubt = false;
	head_line = record->head_line;
	if (record->dev && !lspci_hex(record, line))
		lspci_detail(record, line);
	if (head_line)
		record->head_line = false;
	return 0;
}

/*
 * lspci prints a group, a driver where there is one. Where it printed any in this text, their
 * absence elsewhere means none.
 */
static void conclude_absence(struct host *host)
{
	u32 printed = 0;

	for (unsigned i = 0; i < host->count; i++)
		printed |= host->devs[i].known;
	for (unsigned i = 0; i < host->count; i++) {
		host->devs[i].known |= printed & (HOST_GROUP | HOST_DRIVER);
		if (host->devs[i].class >> 8 == CLASS_IOMMU)
			host->has_ivrs = true;
	}
}

int scan_lspci(struct host *host, const char *text, size_t size, struct err *err)
{
	struct lspci_record record = {
		.host = host, .names = pci_names_open(), .listed_group = HOST_NONE
	};
	int ret = record.names ? 0 : -ENOMEM;

	host->source = HOST_LSPCI;
	while (!ret && size) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;

		ret = read_line(&record, (struct span){ text, len });
		text += len + !!end;
		size -= len + !!end;
	}
	end_record(&record);
	pci_names_close(record.names);
	if (ret)
		return err_sys(err, -ret, "cannot hold the %u devices of the text", host->count);
	if (!host->count) {
		err_set(err, EINVAL, "there is no lspci record in it");
		return err_help(err, "make one with: sudo lspci -vvvnn > FILE");
	}
	conclude_absence(host);
	host_link(host);
	return 0;
}
