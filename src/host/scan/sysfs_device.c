// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads one device from sysfs. A file costs three system calls, so only the facts that are needed
 * are read.
 */
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

/* The path of a file relative to files->directory; @name is a short constant. */
static const char *path_of(struct sysfs_files *files, const char *name)
{
	strcpy(files->path + files->prefix, name);
	return files->path;
}

static ssize_t text_in(struct sysfs_files *files, const char *name, char *text, size_t size)
{
	return sysroot_text_at(files->directory, path_of(files, name), text, size);
}

static ssize_t link_in(struct sysfs_files *files, const char *name, char *text, size_t size)
{
	return sysroot_link_name_at(files->directory, path_of(files, name), text, size);
}

static long read_config(void *from, unsigned pos, void *bytes, unsigned size)
{
	return pread(*(int *)from, bytes, size, pos);
}

/* A captured file contains what was readable at the time, and can be read in one piece. */
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

static void read_device_config(
	struct sysfs_scan *scan, struct sysfs_files *files, struct host_dev *dev)
{
	own_fd int fd = openat(
		files->directory, path_of(files, "config"), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned size;

	if (fd < 0)
		return;
	if (scan->sysroot->running)
		size = pci_config_collect(read_config, &fd, scan->buf);
	else
		size = read_whole_config(fd, scan->buf);
	dev->config = scan->buf;
	dev->config_size = size;
	/* The kernel itself has no more than what it lets root read. */
	scan_config(dev, size >= 256);
	keep_config(scan, dev);
}

static u32 number_in(struct sysfs_files *files, const char *name)
{
	char text[32];

	return text_in(files, name, text, sizeof(text)) > 0 ? strtoul(text, NULL, 0) : 0;
}

/*
 * Reads the ids if there is no config space, or for a virtual function, whose id registers read all
 * ones.
 */
static void read_ids(struct sysfs_files *files, struct host_dev *dev)
{
	char pf[64];

	dev->vendor = number_in(files, "vendor");
	dev->device = number_in(files, "device");
	if (dev->vendor)
		dev->known |= HOST_IDS;
	if (!host_knows(dev, HOST_CLASS)) {
		dev->class = number_in(files, "class") & 0xffffff;
		dev->bridge = dev->class >> 8 == 0x0604 || dev->class >> 8 == 0x0607;
		dev->known |= HOST_CLASS;
	}
	if (!host_knows(dev, HOST_SUBSYSTEM)) {
		dev->subvendor = number_in(files, "subsystem_vendor");
		dev->subdevice = number_in(files, "subsystem_device");
		dev->known |= HOST_SUBSYSTEM;
	}
	if (link_in(files, "physfn", pf, sizeof(pf)) > 0 && !pci_addr_parse(pf, &dev->pf_addr)) {
		dev->vf = true;
		dev->multifunction = false;
		dev->known |= HOST_VF;
	}
}

/* The lines are the regions in order; the seventh is the expansion ROM. */
static void read_regions(struct sysfs_files *files, struct host_dev *dev)
{
	char text[4096];
	const char *line = text;

	if (text_in(files, "resource", text, sizeof(text)) <= 0)
		return;
	for (unsigned i = 0; i < PCI_REGIONS; i++) {
		unsigned n = pci_bar_scan_resource(line, &dev->bar[i]);

		if (!n)
			return;
		line += n;
	}
	dev->known |= HOST_BARS | HOST_ROM;
}

static void read_links(struct sysfs_scan *scan, struct sysfs_files *files, struct host_dev *dev)
{
	char name[256];
	char *end;
	ssize_t n = link_in(files, "driver", name, sizeof(name));

	if (n > 0)
		dev->driver = host_string(scan->host, name, n);
	if (n > 0 || n == -ENOENT)
		dev->known |= HOST_DRIVER;

	n = link_in(files, "iommu_group", name, sizeof(name));
	if (n > 0) {
		unsigned long number = strtoul(name, &end, 10);

		if (!*end && number < INT32_MAX)
			dev->group = number;
	}
	if (dev->group != HOST_NONE || n == -ENOENT)
		dev->known |= HOST_GROUP | HOST_MEMBERS;
}

static const char *text_of(struct sysfs_scan *scan, struct sysfs_files *files, const char *name)
{
	char text[256];
	ssize_t n = text_in(files, name, text, sizeof(text));

	return n < 0 ? NULL : host_string(scan->host, text, n);
}

/* All devices of a bus have the NUMA node of their root bus, so it is read once per bus. */
static void read_numa(struct sysfs_scan *scan, struct sysfs_files *files, struct host_dev *dev)
{
	struct sysfs_numa *numa = &scan->numa;
	char text[32];

	if (!numa->valid || numa->domain != dev->addr.domain || numa->bus != dev->addr.bus) {
		numa->domain = dev->addr.domain;
		numa->bus = dev->addr.bus;
		numa->valid = text_in(files, "numa_node", text, sizeof(text)) > 0;
		numa->node = atoi(text);
	}
	if (!numa->valid)
		return;
	dev->numa = numa->node < 0 ? HOST_NONE : numa->node;
	dev->known |= HOST_NUMA;
}

static void read_settings(struct sysfs_scan *scan, struct sysfs_files *files, struct host_dev *dev)
{
	char text[32];

	read_numa(scan, files, dev);
	if (host_is_gpu(dev) && text_in(files, "boot_vga", text, sizeof(text)) > 0) {
		dev->boot_vga = text[0] == '1';
		dev->known |= HOST_BOOT_VGA;
	}
	dev->reset_methods = text_of(scan, files, "reset_method");
	if (dev->reset_methods)
		dev->known |= HOST_RESET;
	if (!(scan->skip & HOST_POWER))
		dev->power_state = text_of(scan, files, "power_state");
	if (dev->power_state)
		dev->known |= HOST_POWER;
	if (!(scan->skip & HOST_OVERRIDE))
		dev->driver_override = text_of(scan, files, "driver_override");
	if (dev->driver_override) {
		dev->known |= HOST_OVERRIDE;
		if (!strcmp(dev->driver_override, "(null)") || !*dev->driver_override)
			dev->driver_override = NULL;
	}
}

static bool is_to_sleep(const struct sysfs_scan *scan, struct sysfs_files *files)
{
	char state[16];

	return scan->skip & SCAN_LET_SLEEP &&
	       text_in(files, "power_state", state, sizeof(state)) > 0 && !strcmp(state, "D3cold");
}

void sysfs_read_device(struct sysfs_scan *scan, int devices, const char *name, struct host_dev *dev)
{
	struct sysfs_files files;

	if (sysfs_enter(scan, devices, name, dev, &files))
		return;
	if (!is_to_sleep(scan, &files))
		read_device_config(scan, &files, dev);
	if (!host_knows(dev, HOST_IDS))
		read_ids(&files, dev);
	read_links(scan, &files, dev);
	/* Nothing else is needed of bridges. */
	if (!dev->bridge) {
		read_regions(&files, dev);
		read_settings(scan, &files, dev);
	}
	sysfs_leave(&files);
}
