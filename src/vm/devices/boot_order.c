// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/boot_order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define ROOT "/pci@i0cf8"

/*
 * Classes of functions that firmware can boot from, in boot order. The names have no meaning except
 * some, such as "ide" and "scsi", that OVMF knows and that do not occur here.
 */
static const struct {
	u16 class, mask;
	const char *name;
} bootable[] = {
	{ 0x0100, 0xff00, "storage" },
	{ 0x0c03, 0xffff, "usb" },
	{ 0x0200, 0xff00, "ethernet" },
};

static const enum boot_source usual[] = { BOOT_DISK, BOOT_CDROM, BOOT_DEVICE };

static bool has(const enum boot_source *sources, unsigned nr, enum boot_source source)
{
	for (unsigned i = 0; i < nr; i++)
		if (sources[i] == source)
			return true;
	return false;
}

unsigned boot_order_sources(
	const struct boot_config *config, enum boot_source sources[BOOT_NR_SOURCES])
{
	unsigned nr = config->nr;

	memcpy(sources, config->first, nr * sizeof(sources[0]));
	for (unsigned i = 0; i < ARRAY_SIZE(usual); i++)
		if (!has(sources, nr, usual[i]))
			sources[nr++] = usual[i];
	return nr;
}

bool boot_order_has(const struct boot_config *config, enum boot_source source)
{
	enum boot_source sources[BOOT_NR_SOURCES];

	return has(sources, boot_order_sources(config, sources), source);
}

static u16 class_of(const struct pci_dev *dev)
{
	return get_le16(dev->config + PCI_CLASS_DEVICE);
}

static bool is_kind(const struct pci_dev *dev, unsigned kind)
{
	return (class_of(dev) & bootable[kind].mask) == bootable[kind].class;
}

static const char *name_of(const struct pci_dev *dev)
{
	if (dev->secondary)
		return "pci-bridge";
	for (unsigned kind = 0; kind < ARRAY_SIZE(bootable); kind++)
		if (is_kind(dev, kind))
			return bootable[kind].name;
	return "pci";
}

int boot_order_path(const struct pci_dev *dev, char path[BOOT_PATH_SIZE])
{
	const struct pci_dev *bridge = dev->bus->bridge;
	size_t len;
	int ret = 0;

	if (bridge)
		ret = boot_order_path(bridge, path);
	else
		strcpy(path, ROOT);
	if (ret)
		return ret;
	len = strlen(path);
	len += (size_t)snprintf(
		path + len, BOOT_PATH_SIZE - len, "/%s@%x", name_of(dev), PCI_DEV_OF(dev->devfn));
	if (len < BOOT_PATH_SIZE && PCI_FN_OF(dev->devfn))
		len += (size_t)snprintf(
			path + len, BOOT_PATH_SIZE - len, ",%x", PCI_FN_OF(dev->devfn));
	return len < BOOT_PATH_SIZE ? 0 : -ENAMETOOLONG;
}

void boot_order_add(struct blob *order, const char *path)
{
	blob_add(order, path, strlen(path));
	blob_add(order, "\n", 1);
}

void boot_order_add_assigned(struct blob *order, const struct assigned *assigned)
{
	const struct vfio_assign *assign = &assigned->assign;
	char path[BOOT_PATH_SIZE];

	for (unsigned kind = 0; kind < ARRAY_SIZE(bootable); kind++)
		for (unsigned i = 0; i < assign->nr_devices; i++) {
			const struct pci_dev *dev = &assign->devices[i]->pci;

			if (assign->devices[i]->options.boot_off || !dev->bus ||
				!is_kind(dev, kind))
				continue;
			if (!boot_order_path(dev, path))
				boot_order_add(order, path);
		}
}

void boot_order_end(struct blob *order)
{
	if (order->size)
		blob_put_le(order, order->size - 1, 1, 0);
}
