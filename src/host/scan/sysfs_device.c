// SPDX-License-Identifier: GPL-2.0-or-later
/* One device of sysfs. A file costs three system calls: only what is asked for is read. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "host/scan/config.h"
#include "host/scan/scan.h"
#include "host/scan/sysfs.h"
#include "pci/caps.h"

static long read_config(void *from, unsigned pos, void *bytes, unsigned size)
{
	return pread(*(int *)from, bytes, size, pos);
}

/* A captured file holds what was readable then, in one piece. */
static unsigned read_whole_config(int fd, u8 *buf)
{
	ssize_t n = pread(fd, buf, PCI_CONFIG_SIZE, 0);

	if (n < PCI_STD_HEADER_SIZEOF)
		return 0;
	return n < 256 ? PCI_STD_HEADER_SIZEOF : n < PCI_CONFIG_SIZE ? 256 : PCI_CONFIG_SIZE;
}

static void keep_config(struct sysfs_scan *scan, struct host_dev *dev)
{
	unsigned size = scan->skip & HOST_CONFIG ? 0 : dev->config_size;
	u8 *copy = size ? host_alloc(scan->host, size) : NULL;

	if (copy)
		memcpy(copy, scan->buf, size);
	else
		dev->known &= ~HOST_CONFIG;
	dev->config = copy;
	dev->config_size = copy ? size : 0;
}

static void read_device_config(struct sysfs_scan *scan, int folder, struct host_dev *dev)
{
	own_fd int fd = openat(folder, "config", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned size;

	if (fd < 0)
		return;
	if (scan->tree->running)
		size = pci_config_collect(read_config, &fd, scan->buf);
	else
		size = read_whole_config(fd, scan->buf);
	dev->config = scan->buf;
	dev->config_size = size;
	/* The kernel itself knows no more than what it lets root read. */
	scan_config(dev, size >= 256);
	keep_config(scan, dev);
}

static u32 number_in(int folder, const char *name)
{
	char text[32];

	return tree_text_at(folder, name, text, sizeof(text)) > 0 ? strtoul(text, NULL, 0) : 0;
}

/* Without config space, or for a virtual function, whose registers read all ones. */
static void read_ids(int folder, struct host_dev *dev)
{
	char pf[64];

	dev->vendor = number_in(folder, "vendor");
	dev->device = number_in(folder, "device");
	if (dev->vendor)
		dev->known |= HOST_IDS;
	if (!host_knows(dev, HOST_CLASS)) {
		dev->class = number_in(folder, "class") & 0xffffff;
		dev->bridge = dev->class >> 8 == 0x0604 || dev->class >> 8 == 0x0607;
		dev->known |= HOST_CLASS;
	}
	if (!host_knows(dev, HOST_SUBSYSTEM)) {
		dev->subvendor = number_in(folder, "subsystem_vendor");
		dev->subdevice = number_in(folder, "subsystem_device");
		dev->known |= HOST_SUBSYSTEM;
	}
	if (tree_link_name_at(folder, "physfn", pf, sizeof(pf)) > 0 &&
		!pci_addr_parse(pf, &dev->pf_addr)) {
		dev->vf = true;
		dev->multifunction = false;
		dev->known |= HOST_VF;
	}
}

/* The lines are the regions in order; the seventh is the expansion ROM. */
static void read_regions(int folder, struct host_dev *dev)
{
	char text[4096];
	const char *line = text;

	if (tree_text_at(folder, "resource", text, sizeof(text)) <= 0)
		return;
	for (unsigned i = 0; i < PCI_REGIONS; i++) {
		unsigned n = pci_bar_scan_resource(line, &dev->bar[i]);

		if (!n)
			return;
		line += n;
	}
	dev->known |= HOST_BARS | HOST_ROM;
}

static void read_links(struct sysfs_scan *scan, int folder, struct host_dev *dev)
{
	char name[256];
	char *end;
	ssize_t n = tree_link_name_at(folder, "driver", name, sizeof(name));

	if (n > 0)
		dev->driver = host_string(scan->host, name, n);
	if (n > 0 || n == -ENOENT)
		dev->known |= HOST_DRIVER;

	n = tree_link_name_at(folder, "iommu_group", name, sizeof(name));
	if (n > 0) {
		unsigned long number = strtoul(name, &end, 10);

		if (!*end && number < INT32_MAX)
			dev->group = number;
	}
	if (dev->group != HOST_NONE || n == -ENOENT)
		dev->known |= HOST_GROUP;
}

static const char *text_of(struct sysfs_scan *scan, int folder, const char *name)
{
	char text[256];
	ssize_t n = tree_text_at(folder, name, text, sizeof(text));

	return n < 0 ? NULL : host_string(scan->host, text, n);
}

/* The kernel gives all devices of a bus the node of their root bus. */
static void read_numa(struct sysfs_scan *scan, int folder, struct host_dev *dev)
{
	struct sysfs_numa *numa = &scan->numa;
	char text[32];

	if (!numa->valid || numa->domain != dev->addr.domain || numa->bus != dev->addr.bus) {
		numa->domain = dev->addr.domain;
		numa->bus = dev->addr.bus;
		numa->valid = tree_text_at(folder, "numa_node", text, sizeof(text)) > 0;
		numa->node = atoi(text);
	}
	if (!numa->valid)
		return;
	dev->numa = numa->node < 0 ? HOST_NONE : numa->node;
	dev->known |= HOST_NUMA;
}

static void read_settings(struct sysfs_scan *scan, int folder, struct host_dev *dev)
{
	char text[32];

	read_numa(scan, folder, dev);
	if (host_is_gpu(dev) && tree_text_at(folder, "boot_vga", text, sizeof(text)) > 0) {
		dev->boot_vga = text[0] == '1';
		dev->known |= HOST_BOOT_VGA;
	}
	dev->reset_methods = text_of(scan, folder, "reset_method");
	if (dev->reset_methods)
		dev->known |= HOST_RESET;
	if (!(scan->skip & HOST_POWER))
		dev->power_state = text_of(scan, folder, "power_state");
	if (dev->power_state)
		dev->known |= HOST_POWER;
	if (!(scan->skip & HOST_OVERRIDE))
		dev->driver_override = text_of(scan, folder, "driver_override");
	if (dev->driver_override) {
		dev->known |= HOST_OVERRIDE;
		if (!strcmp(dev->driver_override, "(null)") || !*dev->driver_override)
			dev->driver_override = NULL;
	}
}

/* Cuts the last component off a path and reads it as an address. */
static bool pop_addr(char *path, struct pci_addr *addr)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return !pci_addr_parse(slash + 1, addr);
}

/*
 * .../pci0000:00/0000:00:01.0: the folder that a device's own is in says what it hangs on. Above
 * the root bus of a VMD comes the controller: .../0000:00:0e.0/pci10000:e0/10000:e0:06.0.
 */
static void parse_place(const char *folder, struct sysfs_place *place)
{
	char path[sizeof(place->folder)];
	struct pci_addr above;
	const char *name;

	snprintf(path, sizeof(path), "%s", folder);
	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	place->known = true;
	if (!pci_addr_parse(name, &place->above)) {
		while (pop_addr(path, &above))
			continue;
	} else if (!strncmp(name, "pci", 3)) {
		place->root_bus = true;
		pop_addr(path, &above);
	} else {
		place->known = false;
		return;
	}
	/* What is left ends in the component above the root bus. */
	place->has_vmd = pop_addr(path, &place->vmd);
}

/* Goes to the folder that holds a device's, unless the last device's is the same one. */
static void go_to_place(struct sysfs_scan *scan, int devices, const char *name)
{
	struct sysfs_place *place = &scan->place;
	char target[sizeof(place->folder)], path[sizeof(target) + 64];
	char *slash;

	if (tree_link_at(devices, name, target, sizeof(target)) < 0)
		target[0] = '\0';
	slash = strrchr(target, '/');
	if (slash)
		*slash = '\0';
	if (place->fd >= 0 && slash && !strcmp(target, place->folder))
		return;
	close_fd(&place->fd);
	*place = (struct sysfs_place){ .fd = -1 };
	if (!slash)
		return;
	strcpy(place->folder, target);
	parse_place(target, place);
	/* The link is relative to the folder that it is in. */
	snprintf(path, sizeof(path), target[0] == '/' ? "%s%s" : "%s/%s",
		target[0] == '/' ? "" : SYSFS_DEVICES, target);
	place->fd = tree_folder(scan->tree, path);
}

static int open_device(struct sysfs_scan *scan, int devices, const char *name, struct pci_addr addr)
{
	struct sysfs_place *place = &scan->place;
	bool same_slot = place->fd >= 0 && addr.fn && place->last.domain == addr.domain &&
			 place->last.bus == addr.bus && place->last.dev == addr.dev;
	char path[128];
	int fd = -1;

	/* Functions of a slot lie side by side. */
	if (!same_slot)
		go_to_place(scan, devices, name);
	place->last = addr;
	if (place->fd >= 0)
		fd = openat(place->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", name);
	return tree_folder(scan->tree, path);
}

static void keep_place(const struct sysfs_place *place, struct host_dev *dev)
{
	if (!place->known)
		return;
	dev->above_known = true;
	dev->on_root_bus = place->root_bus;
	dev->above = place->above;
	dev->behind_vmd = place->has_vmd && dev->addr.domain > 0xffff;
	dev->vmd = place->vmd;
}

static bool is_to_sleep(const struct sysfs_scan *scan, int folder)
{
	char state[16];

	return scan->skip & SCAN_LET_SLEEP &&
	       tree_text_at(folder, "power_state", state, sizeof(state)) > 0 &&
	       !strcmp(state, "D3cold");
}

void sysfs_read_device(struct sysfs_scan *scan, int devices, const char *name, struct host_dev *dev)
{
	own_fd int folder = open_device(scan, devices, name, dev->addr);

	keep_place(&scan->place, dev);
	if (folder < 0)
		return;
	if (!is_to_sleep(scan, folder))
		read_device_config(scan, folder, dev);
	if (!host_knows(dev, HOST_IDS))
		read_ids(folder, dev);
	read_links(scan, folder, dev);
	/* Of bridges nothing else is asked. */
	if (dev->bridge)
		return;
	read_regions(folder, dev);
	read_settings(scan, folder, dev);
}
