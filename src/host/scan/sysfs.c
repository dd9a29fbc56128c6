// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The running host, or a captured tree of the same shape. Each file costs three system calls,
 * so only those are read that something is concluded from.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "host/scan/config.h"
#include "host/scan/scan.h"
#include "pci/caps.h"

#define DEVICES "/sys/bus/pci/devices"

struct scan {
	struct host *host;
	const struct tree *tree;
	u8 *buf; /* PCI_CONFIG_SIZE bytes */
};

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

static void read_device_config(struct scan *scan, int folder, struct host_dev *dev)
{
	own_fd int fd = openat(folder, "config", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned size;
	u8 *copy;

	if (fd < 0)
		return;
	if (scan->tree->running)
		size = pci_config_collect(read_config, &fd, scan->buf);
	else
		size = read_whole_config(fd, scan->buf);
	copy = size ? host_alloc(scan->host, size) : NULL;
	if (!copy)
		return;
	memcpy(copy, scan->buf, size);
	dev->config = copy;
	dev->config_size = size;
	/* The kernel itself knows no more than what it lets root read. */
	scan_config(dev, size >= 256);
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

static void read_links(struct scan *scan, int folder, struct host_dev *dev)
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

static const char *text_of(struct scan *scan, int folder, const char *name)
{
	char text[256];
	ssize_t n = tree_text_at(folder, name, text, sizeof(text));

	return n < 0 ? NULL : host_string(scan->host, text, n);
}

static void read_settings(struct scan *scan, int folder, struct host_dev *dev)
{
	char text[32];

	if (tree_text_at(folder, "numa_node", text, sizeof(text)) > 0) {
		dev->numa = atoi(text);
		if (dev->numa < 0)
			dev->numa = HOST_NONE;
		dev->known |= HOST_NUMA;
	}
	if (dev->class >> 16 == 0x03 && tree_text_at(folder, "boot_vga", text, sizeof(text)) > 0) {
		dev->boot_vga = text[0] == '1';
		dev->known |= HOST_BOOT_VGA;
	}
	if (!host_is_assignable(dev))
		return;

	dev->reset_methods = text_of(scan, folder, "reset_method");
	if (dev->reset_methods)
		dev->known |= HOST_RESET;
	dev->power_state = text_of(scan, folder, "power_state");
	if (dev->power_state)
		dev->known |= HOST_POWER;
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
 * .../pci0000:00/0000:00:01.0/0000:01:00.0: what a device hangs on. Above the root bus of a VMD
 * comes the controller: .../0000:00:0e.0/pci10000:e0/10000:e0:06.0.
 */
static void read_place(int devices, const char *name, struct host_dev *dev)
{
	struct pci_addr self, above;
	char path[1024];
	char *slash;

	if (tree_link_at(devices, name, path, sizeof(path)) < 0 || !pop_addr(path, &self))
		return;
	slash = strrchr(path, '/');
	if (!slash)
		return;
	if (!pci_addr_parse(slash + 1, &dev->above)) {
		dev->above_known = true;
		while (pop_addr(path, &above))
			continue;
	} else if (!strncmp(slash + 1, "pci", 3)) {
		dev->above_known = true;
		dev->on_root_bus = true;
		*slash = '\0';
	} else {
		return;
	}
	/* What is left ends in the component above the root bus. */
	dev->behind_vmd = dev->addr.domain > 0xffff && pop_addr(path, &dev->vmd);
}

static int read_device(struct scan *scan, int devices, const char *name)
{
	struct pci_addr addr;
	struct host_dev *dev;
	own_fd int folder = -1;
	char path[256];

	if (pci_addr_parse(name, &addr))
		return 0;
	dev = host_add(scan->host, addr);
	if (!dev)
		return -ENOMEM;
	read_place(devices, name, dev);
	snprintf(path, sizeof(path), DEVICES "/%s", name);
	folder = tree_folder(scan->tree, path);
	if (folder < 0)
		return 0;
	read_device_config(scan, folder, dev);
	if (!host_knows(dev, HOST_IDS))
		read_ids(folder, dev);
	read_links(scan, folder, dev);
	read_regions(folder, dev);
	read_settings(scan, folder, dev);
	return 0;
}

/* /sys/bus/pci/slots/LABEL/address holds "0000:01:00": a slot without its functions. */
static void read_slots(struct scan *scan)
{
	own_free char **names = NULL;
	int n = tree_names(scan->tree, "/sys/bus/pci/slots", &names);

	for (int i = 0; i < n; i++) {
		char path[512], text[64], full[72];
		const char *label;
		struct pci_addr addr;

		snprintf(path, sizeof(path), "/sys/bus/pci/slots/%s/address", names[i]);
		if (tree_text(scan->tree, path, text, sizeof(text)) <= 0)
			continue;
		snprintf(full, sizeof(full), "%s.0", text);
		if (pci_addr_parse(full, &addr))
			continue;
		label = host_string(scan->host, names[i], strlen(names[i]));
		for (unsigned k = 0; k < scan->host->count; k++) {
			struct host_dev *dev = &scan->host->devs[k];

			if (dev->addr.domain == addr.domain && dev->addr.bus == addr.bus &&
				dev->addr.dev == addr.dev)
				dev->slot = label;
		}
	}
}

static void read_host(struct scan *scan)
{
	struct host *host = scan->host;
	own_free char **names = NULL;
	char text[4096];
	ssize_t n = tree_text(scan->tree, "/proc/cmdline", text, sizeof(text));

	if (n > 0)
		host->cmdline = host_string(host, text, n);
	if (tree_exists(scan->tree, "/sys/firmware/acpi/tables/IVRS"))
		host->has_ivrs = true;
	host->iommu_off = tree_names(scan->tree, "/sys/kernel/iommu_groups", &names) == 0;
}

int scan_sysfs(struct host *host, const struct tree *tree, struct err *err)
{
	u8 buf[PCI_CONFIG_SIZE];
	struct scan scan = { host, tree, buf };
	own_free char **names = NULL;
	own_fd int devices = tree_folder(tree, DEVICES);
	int n = devices < 0 ? devices : tree_names(tree, DEVICES, &names);

	host->source = tree->running ? HOST_RUNNING : HOST_CAPTURED;
	snprintf(
		host->origin, sizeof(host->origin), "%s", tree->running ? "this host" : tree->root);
	if (n < 0) {
		err_sys(err, -n, "cannot list the PCI devices in %s%s", tree->root, DEVICES);
		return err_help(err,
			tree->running ? "mount sysfs on /sys; without it there are no facts"
				      : "a captured tree holds sys/bus/pci/devices at its top");
	}
	for (int i = 0; i < n; i++) {
		int rc = read_device(&scan, devices, names[i]);

		if (rc)
			return err_sys(err, -rc, "cannot hold %d PCI devices", n);
	}
	read_slots(&scan);
	read_host(&scan);
	host_link(host);
	return 0;
}
