// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/vga.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "host/facts/class.h"

/* Bit 4 of a bridge's control register; the uapi header has no name for it. */
#define BRIDGE_VGA_16BIT 0x10

#define MAX_DEPTH 256

static int parse_resource(const char **at, const char *key, u8 *resources)
{
	static const char *const names[] = { "none", "io", "mem", "io+mem" };
	size_t n = strlen(key);

	if (strncmp(*at, key, n))
		return -EINVAL;
	*at += n;
	for (unsigned i = ARRAY_SIZE(names); i-- > 0;) {
		n = strlen(names[i]);
		if (strncmp(*at, names[i], n))
			continue;
		*resources = i;
		*at += n;
		return 0;
	}
	return -EINVAL;
}

int vga_parse(const char *text, struct vga_line *line)
{
	const char *at = text;
	unsigned n;
	int used;

	*line = (struct vga_line){ 0 };
	if (sscanf(at, "count:%u,PCI:%n", &line->count, &used) != 1)
		return -EINVAL;
	at += used;
	n = pci_addr_scan(at, &line->addr);
	if (!n)
		return -EINVAL;
	at += n;
	if (parse_resource(&at, ",decodes=", &line->decodes) ||
		parse_resource(&at, ",owns=", &line->owns) ||
		parse_resource(&at, ",locks=", &line->locks))
		return -EINVAL;
	if (sscanf(at, "(%u:%u)", &line->io_locks, &line->mem_locks) != 2)
		return -EINVAL;
	return 0;
}

const char *vga_resource_name(u8 resources)
{
	static const char *const names[] = { "none", "io", "mem", "io+mem" };

	return names[resources & 3];
}

bool vga_bridge(const struct host_dev *bridge, bool *forwards, bool *decodes_16_bits)
{
	u16 control;

	if (bridge->config_size < PCI_STD_HEADER_SIZEOF)
		return false;
	control = get_le16(bridge->config + PCI_BRIDGE_CONTROL);
	*forwards = control & PCI_BRIDGE_CTL_VGA;
	*decodes_16_bits = control & BRIDGE_VGA_16BIT;
	return true;
}

struct vga_path vga_path_of(const struct host *host, unsigned dev)
{
	struct vga_path path = { .known = true, .open = true, .closed_at = HOST_NONE };
	int at = host->devs[dev].parent;

	if (host->devs[dev].parent_missing)
		path.known = false;
	for (unsigned depth = 0; at != HOST_NONE && depth < MAX_DEPTH; depth++) {
		const struct host_dev *bridge = &host->devs[at];
		bool forwards = false, wide;

		if (!vga_bridge(bridge, &forwards, &wide) || bridge->parent_missing)
			path.known = false;
		else if (!forwards)
			path.closed_at = at;
		at = bridge->parent;
	}
	path.open = path.known && path.closed_at == HOST_NONE;
	return path;
}

int vga_decoding(const struct host_dev *dev)
{
	u16 command;

	if (dev->config_size < PCI_STD_HEADER_SIZEOF)
		return -1;
	command = get_le16(dev->config + PCI_COMMAND);
	return (command & PCI_COMMAND_IO ? VGA_IO : 0) |
	       (command & PCI_COMMAND_MEMORY ? VGA_MEM : 0);
}

bool vga_is_card(const struct host_dev *dev)
{
	return dev->class >> 8 == CLASS_VGA;
}

bool vga_is_only_display(const struct host *host, unsigned dev)
{
	for (unsigned i = 0; i < host->count; i++)
		if (i != dev && host_is_gpu(&host->devs[i]) && !host->devs[i].vf)
			return false;
	return host_is_gpu(&host->devs[dev]);
}

bool vga_keeps_answering(const struct host_dev *dev)
{
	return vga_is_card(dev) && dev->driver &&
	       (!strcmp(dev->driver, "i915") || !strcmp(dev->driver, "xe"));
}

bool vga_steps_back(const struct host_dev *dev)
{
	static const char *const drivers[] = { "amdgpu", "nouveau", "nvidia", "radeon" };

	for (size_t i = 0; dev->driver && i < ARRAY_SIZE(drivers); i++)
		if (!strcmp(dev->driver, drivers[i]))
			return true;
	return false;
}
