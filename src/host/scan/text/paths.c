// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads sysfs paths as printed by find, ls, tree and readlink, and libvirt's XML of a device:
 *
 *	/sys/kernel/iommu_groups/14/devices/0000:01:00.0
 *	/sys/kernel/iommu_groups/14/devices:	(its members follow)
 *	0000:01:00.0 -> ../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0
 *	/sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nvidia
 */
#include <ctype.h>
#include <string.h>

#include "host/scan/text/split.h"

/* The last address in a line. */
static bool last_addr(struct span line, struct pci_addr *addr)
{
	bool any = false;
	size_t from = 0, len;

	for (unsigned n = 0; n < 64; n++) {
		struct pci_addr found;
		size_t at = text_find_addr(line, from, &found, &len);

		if (!len)
			break;
		*addr = found;
		any = true;
		from = at + len;
	}
	return any;
}

/* Takes the devices above the last one in "devices/pci0000:00/0000:00:01.0/0000:01:00.0". */
static void take_way(struct splitter *s, struct span line, struct pci_addr addr)
{
	struct span way = span_after(line, "devices/pci"), rest;
	struct pci_addr above = { 0 }, found;
	struct host_dev *dev;
	bool any = false;
	size_t len;

	if (!way.len)
		return;
	/* A second host bridge within the path begins the tree of a VMD controller. */
	while ((rest = span_after(way, "/pci")).len)
		way = rest;
	for (unsigned n = 0; n < 64; n++) {
		size_t at = text_find_addr(way, 0, &found, &len);

		if (!len || pci_addr_equal(found, addr))
			break;
		above = found;
		any = true;
		way = span_from(way, at + len);
	}
	dev = split_device(s, addr);
	if (!dev)
		return;
	dev->above_known = true;
	dev->on_root_bus = !any;
	dev->above = above;
}

static void take_driver(struct splitter *s, struct span line, struct pci_addr addr)
{
	struct span name = span_after(line, "bus/pci/drivers/");
	struct host_dev *dev;
	size_t n = 0;

	while (n < name.len && (isalnum((u8)name.at[n]) || name.at[n] == '_' || name.at[n] == '-'))
		n++;
	if (!n || n < name.len)
		return;
	dev = split_device(s, addr);
	if (!dev)
		return;
	dev->driver = host_string(s->raw, name.at, n);
	dev->known |= HOST_DRIVER;
}

/* Finds "...iommu_groups/14" and what follows it. */
static bool group_path(struct span line, u64 *group, struct span *rest)
{
	struct span number = span_after(line, "iommu_groups/");
	unsigned n = span_number(number, 10, 6, group);

	*rest = span_from(number, n);
	return n > 0;
}

static enum took take_group_path(struct splitter *s, struct span line, u64 group, struct span rest)
{
	struct pci_addr addr;
	size_t len;

	/* The device comes before the group, if it is a link to that, or after it. */
	if (last_addr(rest, &addr) || (text_find_addr(line, 0, &addr, &len), len)) {
		split_end_record(s);
		split_listing(s, LISTING_PATHS);
		split_group(s, addr, group);
		take_way(s, line, addr);
		return TOOK_IT;
	}
	if (rest.len && !span_starts(rest, "/devices") && rest.at[0] != ':' &&
		!span_equals(rest, "/"))
		return TOOK_IT;
	groups_open(s, group, true);
	return TOOK_IT;
}

static u64 attribute(struct span line, const char *name)
{
	struct span value = span_after(line, name);
	u64 number = 0;

	if (value.len && (value.at[0] == '\'' || value.at[0] == '"'))
		value = span_from(value, 1);
	if (span_skip(&value, "0x"))
		span_number(value, 16, 8, &number);
	else
		span_number(value, 10, 8, &number);
	return number;
}

/* <iommuGroup number='14'> <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/> */
static enum took take_xml(struct splitter *s, struct span line)
{
	if (span_has(line, "<iommuGroup ")) {
		groups_open(s, attribute(line, "number="), true);
		return TOOK_IT;
	}
	if (span_has(line, "</iommuGroup>")) {
		s->heading = HOST_NONE;
		return TOOK_IT;
	}
	if (!s->path_groups || s->heading == HOST_NONE || !span_has(line, "<address ") ||
		!span_has(line, "bus="))
		return TOOK_NOT;
	split_listing(s, LISTING_PATHS);
	split_group(s,
		(struct pci_addr){
			.domain = attribute(line, "domain="),
			.bus = attribute(line, "bus="),
			.dev = attribute(line, "slot=") & 31,
			.fn = attribute(line, "function=") & 7,
		},
		s->heading);
	return TOOK_IT;
}

/* In the output of tree(1) below the groups, a single number is a group's directory. */
static enum took take_drawn(struct splitter *s, struct span line)
{
	u64 group;
	unsigned n = span_number(line, 10, 6, &group);

	if (!s->path_groups || !n || n != line.len || s->line.raw.len == line.len)
		return TOOK_NOT;
	groups_open(s, group, true);
	return TOOK_IT;
}

/*
 * Reads "0000:01:00.0 -> ../../devices/pci0000:00/...", below a group or in a list of all devices.
 */
static enum took take_link(struct splitter *s, struct span line)
{
	struct pci_addr addr;

	if (!span_has(line, "devices/pci") && !span_has(line, "bus/pci/drivers/"))
		return TOOK_NOT;
	if (!last_addr(line, &addr))
		return TOOK_NOT;
	split_end_record(s);
	split_listing(s, LISTING_PATHS);
	if (s->path_groups && s->heading != HOST_NONE) {
		split_group(s, addr, s->heading);
		s->heading_bare = true;
	}
	take_way(s, line, addr);
	take_driver(s, line, addr);
	return TOOK_IT;
}

enum took paths_line(struct splitter *s, struct span line)
{
	struct span rest;
	u64 group;

	/* ls -l begins with "total 0" and shows the other files in the directory, too. */
	if (s->path_groups && (span_starts(line, "total ") || span_equals(line, "devices") ||
				      span_equals(line, "reserved_regions") ||
				      span_equals(line, "type") || span_equals(line, "name")))
		return TOOK_IT;
	if (span_has(line, "iommu_groups")) {
		if (group_path(line, &group, &rest))
			return take_group_path(s, line, group, rest);
		split_end_record(s);
		split_listing(s, LISTING_PATHS);
		s->path_groups = true;
		return TOOK_IT;
	}
	if (take_xml(s, line) || take_drawn(s, line))
		return TOOK_IT;
	return take_link(s, line);
}
