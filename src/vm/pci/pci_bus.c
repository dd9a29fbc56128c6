// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/pci_bus.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/thread.h"

#define NR_BUSES 256

int pci_host_init(
	struct pci_host *host, struct bus *mmio, struct bus *pio, struct mem *mem, struct irq *irq)
{
	pthread_mutexattr_t attr;
	int ret;

	*host = (struct pci_host){ .mmio = mmio, .pio = pio, .mem = mem, .irq = irq };
	host->root.host = host;
	/* Recursive: a config write may reset or remap functions below. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	ret = pthread_mutex_init(&host->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -ret;
}

void pci_host_close(struct pci_host *host)
{
	if (host->root.host)
		pthread_mutex_destroy(&host->lock);
	*host = (struct pci_host){ 0 };
}

bool pci_host_lock_soon(struct pci_host *host)
{
	return thread_lock_within(&host->lock, PCI_HOST_PATIENCE_MS);
}

int pci_bus_add(struct pci_bus *bus, struct pci_dev *dev, u8 devfn)
{
	if (bus->devs[devfn])
		return -EBUSY;
	bus->devs[devfn] = dev;
	dev->bus = bus;
	dev->devfn = devfn;
	if (dev->secondary) {
		dev->secondary->host = bus->host;
		dev->secondary->bridge = dev;
	}
	return 0;
}

void pci_bus_remove(struct pci_bus *bus, struct pci_dev *dev)
{
	if (dev->bus != bus)
		return;
	bus->devs[dev->devfn] = NULL;
	dev->bus = NULL;
}

static struct pci_bus *find_bus(struct pci_bus *bus, u8 number)
{
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		const struct pci_dev *bridge = bus->devs[i];

		if (!bridge || !bridge->secondary)
			continue;
		if (number == bridge->config[PCI_SECONDARY_BUS])
			return bridge->secondary;
		if (number > bridge->config[PCI_SECONDARY_BUS] &&
			number <= bridge->config[PCI_SUBORDINATE_BUS])
			return find_bus(bridge->secondary, number);
	}
	return NULL;
}

struct pci_dev *pci_host_find(struct pci_host *host, u8 bus, u8 devfn)
{
	struct pci_bus *found = bus ? find_bus(&host->root, bus) : &host->root;

	return found ? found->devs[devfn] : NULL;
}

u32 pci_host_config_read(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned size)
{
	u32 value = (u32)all_ones(size);
	struct pci_dev *dev;

	pthread_mutex_lock(&host->lock);
	dev = pci_host_find(host, bus, devfn);
	if (dev && dev->ops && dev->ops->config_read)
		value = dev->ops->config_read(dev, offset, size);
	else if (dev)
		value = pci_dev_config_read(dev, offset, size);
	pthread_mutex_unlock(&host->lock);
	return value;
}

void pci_host_config_write(
	struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned size, u32 value)
{
	struct pci_dev *dev;

	pthread_mutex_lock(&host->lock);
	dev = pci_host_find(host, bus, devfn);
	if (dev && dev->ops && dev->ops->config_write)
		dev->ops->config_write(dev, offset, size, value);
	else if (dev)
		pci_dev_config_write(dev, offset, size, value);
	pthread_mutex_unlock(&host->lock);
}

void pci_bus_reset(struct pci_bus *bus)
{
	pthread_mutex_lock(&bus->host->lock);
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		struct pci_dev *dev = bus->devs[i];

		if (!dev)
			continue;
		if (dev->secondary)
			pci_bus_reset(dev->secondary);
		pci_dev_reset(dev);
		if (dev->ops && dev->ops->reset)
			dev->ops->reset(dev);
	}
	pthread_mutex_unlock(&bus->host->lock);
}

void pci_bus_update(struct pci_bus *bus)
{
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++)
		if (bus->devs[i])
			pci_dev_update(bus->devs[i]);
}

void pci_bus_intx_moved(struct pci_bus *bus)
{
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		if (!bus->devs[i])
			continue;
		pci_dev_intx_moved(bus->devs[i]);
		if (bus->devs[i]->secondary)
			pci_bus_intx_moved(bus->devs[i]->secondary);
	}
}

static bool window_holds(u64 base, u64 limit, struct range r)
{
	return base <= limit && r.start >= base && r.start + (r.size - 1) <= limit;
}

/*
 * PCI-to-PCI Bridge 1.2, 3.2.5.6 and 3.2.5.12: in steps of 4 KiB, with optional upper halves for
 * 32-bit addresses. A bridge whose window registers are read-only forwards no I/O.
 */
static bool io_window_holds(const struct pci_dev *bridge, struct range r)
{
	const u8 *config = bridge->config;
	u64 base = (u64)(config[PCI_IO_BASE] & PCI_IO_RANGE_MASK & 0xff) << 8;
	u64 limit = (u64)(config[PCI_IO_LIMIT] & PCI_IO_RANGE_MASK & 0xff) << 8 | 0xfff;

	if (!bridge->writable[PCI_IO_BASE])
		return false;
	if ((config[PCI_IO_BASE] & PCI_IO_RANGE_TYPE_MASK) == PCI_IO_RANGE_TYPE_32) {
		base |= (u64)get_le16(config + PCI_IO_BASE_UPPER16) << 16;
		limit |= (u64)get_le16(config + PCI_IO_LIMIT_UPPER16) << 16;
	}
	return window_holds(base, limit, r);
}

/* 3.2.5.8 to 3.2.5.10: in steps of 1 MiB; the prefetchable window may have 64-bit addresses. */
static bool memory_windows_hold(const u8 *config, struct range r)
{
	u64 base = (u64)(get_le16(config + PCI_MEMORY_BASE) & 0xfff0) << 16;
	u64 limit = (u64)(get_le16(config + PCI_MEMORY_LIMIT) & 0xfff0) << 16 | 0xfffff;

	if (window_holds(base, limit, r))
		return true;
	base = (u64)(get_le16(config + PCI_PREF_MEMORY_BASE) & 0xfff0) << 16;
	limit = (u64)(get_le16(config + PCI_PREF_MEMORY_LIMIT) & 0xfff0) << 16 | 0xfffff;
	if ((config[PCI_PREF_MEMORY_BASE] & PCI_PREF_RANGE_TYPE_MASK) == PCI_PREF_RANGE_TYPE_64) {
		base |= (u64)get_le32(config + PCI_PREF_BASE_UPPER32) << 32;
		limit |= (u64)get_le32(config + PCI_PREF_LIMIT_UPPER32) << 32;
	}
	return window_holds(base, limit, r);
}

bool pci_bus_forwards(const struct pci_bus *bus, struct range range, u32 space)
{
	for (const struct pci_dev *bridge = bus->bridge; bridge; bridge = bridge->bus->bridge) {
		u16 command = pci_dev_command(bridge);

		if (space == PCI_BASE_ADDRESS_SPACE_IO) {
			if (!(command & PCI_COMMAND_IO) || !io_window_holds(bridge, range))
				return false;
		} else if (!(command & PCI_COMMAND_MEMORY) ||
			   !memory_windows_hold(bridge->config, range)) {
			return false;
		}
	}
	return true;
}
