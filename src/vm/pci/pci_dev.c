// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/pci_dev.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/range.h"
#include "vm/pci/pci_bus.h"
#include "vm/pci/vga.h"

#define CAP_START 0x40
#define CAP_END   0x100

void pci_dev_init(struct pci_dev *dev, const char *name, const struct pci_dev_ops *ops, u16 vendor,
	u16 device, u32 class, u8 header_type)
{
	*dev = (struct pci_dev){
		.name = name,
		.ops = ops,
		.cap_end = CAP_START,
		.intx_held_gsi = -1,
	};
	put_le16(dev->config + PCI_VENDOR_ID, vendor);
	put_le16(dev->config + PCI_DEVICE_ID, device);
	dev->config[PCI_CLASS_PROG] = (u8) class;
	put_le16(dev->config + PCI_CLASS_DEVICE, (u16)(class >> 8));
	dev->config[PCI_HEADER_TYPE] = header_type;

	put_le16(dev->writable + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
						      PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
						      PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	put_le16(dev->write1clear + PCI_STATUS,
		PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT |
			PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR |
			PCI_STATUS_DETECTED_PARITY);
	dev->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	dev->writable[PCI_INTERRUPT_LINE] = 0xff;
}

int pci_dev_add_cap(struct pci_dev *dev, u8 id, u8 offset, u8 size)
{
	u16 at = offset ? offset : dev->cap_end;

	if (at < CAP_START || at + size > CAP_END)
		return -ENOSPC;
	memset(dev->config + at, 0, size);
	dev->config[at + PCI_CAP_LIST_ID] = id;
	dev->config[at + PCI_CAP_LIST_NEXT] = dev->config[PCI_CAPABILITY_LIST];
	dev->config[PCI_CAPABILITY_LIST] = (u8)at;
	dev->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	if (at + size > dev->cap_end)
		dev->cap_end = (u16)round_up(at + size, 4);
	return at;
}

static bool is_bridge(const struct pci_dev *dev)
{
	return (dev->config[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE;
}

static u16 bar_register(const struct pci_dev *dev, unsigned index)
{
	if (index == PCI_ROM_BAR)
		return is_bridge(dev) ? PCI_ROM_ADDRESS1 : PCI_ROM_ADDRESS;
	return (u16)(PCI_BASE_ADDRESS_0 + 4 * index);
}

static bool bar_is_io(const struct pci_dev_bar *bar)
{
	return bar->flags & PCI_BASE_ADDRESS_SPACE_IO;
}

static bool bar_is_64bit(const struct pci_dev_bar *bar)
{
	return !bar_is_io(bar) &&
	       (bar->flags & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
}

void pci_dev_set_bar(struct pci_dev *dev, unsigned index, u64 size, u32 flags)
{
	struct pci_dev_bar *bar = &dev->bars[index];
	u16 reg = bar_register(dev, index);
	u64 mask = ~(size - 1);

	bar->size = size;
	bar->flags = flags;
	if (index == PCI_ROM_BAR) {
		put_le32(dev->config + reg, 0);
		put_le32(dev->writable + reg, (u32)mask | PCI_ROM_ADDRESS_ENABLE);
		return;
	}
	put_le32(dev->config + reg, flags);
	put_le32(dev->writable + reg, (u32)mask);
	if (bar_is_64bit(bar)) {
		put_le32(dev->config + reg + 4, 0);
		put_le32(dev->writable + reg + 4, (u32)(mask >> 32));
	}
}

void pci_dev_seal(struct pci_dev *dev)
{
	memcpy(dev->initial, dev->config, sizeof(dev->initial));
}

/* The range programmed in the BAR's registers, even if no bridge forwards it. */
static struct range bar_decoded(const struct pci_dev *dev, unsigned index)
{
	const struct pci_dev_bar *bar = &dev->bars[index];
	u16 command = pci_dev_command(dev);
	u32 low = get_le32(dev->config + bar_register(dev, index));
	u64 addr;

	if (!bar->size || dev->asleep)
		return (struct range){ 0, 0 };
	if (index == PCI_ROM_BAR) {
		if (!(command & PCI_COMMAND_MEMORY) || !(low & PCI_ROM_ADDRESS_ENABLE))
			return (struct range){ 0, 0 };
		addr = low & (u32)PCI_ROM_ADDRESS_MASK;
	} else if (bar_is_io(bar)) {
		if (!(command & PCI_COMMAND_IO))
			return (struct range){ 0, 0 };
		addr = low & (u32)PCI_BASE_ADDRESS_IO_MASK;
	} else {
		if (!(command & PCI_COMMAND_MEMORY))
			return (struct range){ 0, 0 };
		addr = low & (u32)PCI_BASE_ADDRESS_MEM_MASK;
		if (bar_is_64bit(bar))
			addr |= (u64)get_le32(dev->config + bar_register(dev, index) + 4) << 32;
	}
	if (!addr || !range_valid(addr, bar->size) || (bar_is_io(bar) && addr > 0xffff))
		return (struct range){ 0, 0 };
	return (struct range){ addr, bar->size };
}

struct range pci_dev_bar_range(const struct pci_dev *dev, unsigned index)
{
	struct range r = bar_decoded(dev, index);
	u32 space = dev->bars[index].flags & PCI_BASE_ADDRESS_SPACE;

	if (r.size && !pci_bus_forwards(dev->bus, r, space))
		r.size = 0;
	return r;
}

/* The range of the alias; empty while the BAR's register holds the same address. */
static struct range alias_range(const struct pci_dev *dev, unsigned index)
{
	const struct pci_dev_bar *bar = &dev->bars[index];

	if (!bar->alias_addr || dev->asleep || !(pci_dev_command(dev) & PCI_COMMAND_MEMORY) ||
		(bar->place.mapped && bar->place.region.range.start == bar->alias_addr))
		return (struct range){ 0, 0 };
	return (struct range){ bar->alias_addr, bar->size };
}

static void unmap_pages(
	struct pci_dev *dev, const struct pci_dev_bar *bar, struct pci_bar_place *place)
{
	for (unsigned i = 0; i < bar->nr_pages; i++) {
		if (place->pages[i].mapped)
			mem_remove(dev->bus->host->mem, &place->pages[i].region);
		place->pages[i].mapped = false;
	}
}

/*
 * Maps the pages that are not mapped yet. If mapping one fails, its accesses exit and @ops handles
 * them.
 */
static void map_pages(struct pci_dev *dev, unsigned index, struct pci_bar_place *place)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < dev->bars[index].nr_pages && !dev->trapped; i++) {
		struct pci_bar_page *page = &place->pages[i];

		if (page->mapped)
			continue;
		page->region.range.start = place->region.range.start + page->offset;
		page->mapped = !mem_add(dev->bus->host->mem, &page->region, &err);
		if (!page->mapped)
			log_guest("%s: BAR %u stays trapped: %s", dev->name, index, err.text);
	}
}

static void unmap_doorbells(struct pci_dev *dev, struct pci_dev_bar *bar)
{
	for (unsigned i = 0; i < bar->nr_doorbells; i++) {
		struct pci_bar_doorbell *bell = &bar->doorbells[i];

		if (bell->mapped)
			mem_remove_doorbell(dev->bus->host->mem,
				bar->place.region.range.start + bell->offset, bell->eventfd);
		bell->mapped = false;
	}
}

static void map_doorbells(struct pci_dev *dev, struct pci_dev_bar *bar)
{
	for (unsigned i = 0; i < bar->nr_doorbells; i++) {
		struct pci_bar_doorbell *bell = &bar->doorbells[i];

		bell->mapped = !mem_add_doorbell(dev->bus->host->mem,
			bar->place.region.range.start + bell->offset, bell->eventfd);
	}
}

static void unmap_place(struct pci_dev *dev, struct pci_dev_bar *bar, struct pci_bar_place *place)
{
	struct pci_host *host = dev->bus->host;

	if (!place->mapped)
		return;
	if (place == &bar->place)
		unmap_doorbells(dev, bar);
	unmap_pages(dev, bar, place);
	bus_remove(bar_is_io(bar) ? host->pio : host->mmio, &place->region);
	place->mapped = false;
}

static void map_place(
	struct pci_dev *dev, unsigned index, struct pci_bar_place *place, struct range r)
{
	struct pci_dev_bar *bar = &dev->bars[index];
	struct pci_host *host = dev->bus->host;

	place->region = (struct bus_region){
		.name = dev->name,
		.range = r,
		.rank = place == &bar->alias ? FLAT_RANK_ALIAS : FLAT_RANK_BAR,
		.ops = bar->ops,
		.owner = bar->owner,
		.lock = bar->lock,
	};
	if (bar->ops && bus_add(bar_is_io(bar) ? host->pio : host->mmio, &place->region))
		log_guest_at(LOG_ERROR, "%s: no memory to map BAR %u", dev->name, index);
	place->mapped = true;
	map_pages(dev, index, place);
	if (place == &bar->place)
		map_doorbells(dev, bar);
}

/* Returns whether anything changed. */
static bool update_place(
	struct pci_dev *dev, unsigned index, struct pci_bar_place *place, struct range r)
{
	if (place->mapped && r.size && place->region.range.start == r.start)
		return false;
	if (!place->mapped && !r.size)
		return false;
	unmap_place(dev, &dev->bars[index], place);
	if (r.size)
		map_place(dev, index, place, r);
	return true;
}

static bool update_bar(struct pci_dev *dev, unsigned index)
{
	struct pci_dev_bar *bar = &dev->bars[index];
	bool moved = update_place(dev, index, &bar->place, pci_dev_bar_range(dev, index));

	update_place(dev, index, &bar->alias, alias_range(dev, index));
	return moved;
}

static void tell_moved(struct pci_dev *dev)
{
	if (dev->ops && dev->ops->moved)
		dev->ops->moved(dev);
}

void pci_dev_update(struct pci_dev *dev)
{
	bool moved = false;

	for (unsigned i = 0; i < PCI_NUM_BARS; i++)
		if (dev->bars[i].size)
			moved |= update_bar(dev, i);
	if (moved)
		tell_moved(dev);
	if (dev->vga)
		pci_vga_update(dev);
	if (dev->secondary)
		pci_bus_update(dev->secondary);
}

void pci_dev_unmap(struct pci_dev *dev)
{
	if (!dev->bus)
		return;
	for (unsigned i = 0; i < PCI_NUM_BARS; i++) {
		unmap_place(dev, &dev->bars[i], &dev->bars[i].place);
		unmap_place(dev, &dev->bars[i], &dev->bars[i].alias);
	}
	tell_moved(dev);
	if (dev->vga)
		pci_vga_unmap(dev);
}

static void update_pages(struct pci_dev *dev, unsigned index, struct pci_bar_place *place)
{
	if (!place->mapped)
		return;
	if (dev->trapped)
		unmap_pages(dev, &dev->bars[index], place);
	else
		map_pages(dev, index, place);
}

void pci_dev_update_pages(struct pci_dev *dev)
{
	for (unsigned i = 0; i < PCI_NUM_BARS; i++) {
		update_pages(dev, i, &dev->bars[i].place);
		update_pages(dev, i, &dev->bars[i].alias);
	}
}

static void update_intx(struct pci_dev *dev)
{
	struct irq *irq = dev->bus->host->irq;
	bool on = dev->intx_level && !(pci_dev_command(dev) & PCI_COMMAND_INTX_DISABLE);
	int gsi = on ? pci_dev_intx_gsi(dev) : -1;

	dev->config[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
	if (dev->intx_level)
		dev->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	if (gsi == dev->intx_held_gsi)
		return;
	if (dev->intx_held_gsi >= 0)
		irq_deassert(irq, (unsigned)dev->intx_held_gsi);
	if (gsi >= 0)
		irq_assert(irq, (unsigned)gsi);
	dev->intx_held_gsi = gsi;
}

void pci_dev_set_intx(struct pci_dev *dev, bool level)
{
	struct pci_host *host = dev->bus->host;

	pthread_mutex_lock(&host->lock);
	dev->intx_level = level;
	update_intx(dev);
	pthread_mutex_unlock(&host->lock);
}

void pci_dev_intx_moved(struct pci_dev *dev)
{
	update_intx(dev);
	if (dev->ops && dev->ops->intx_moved)
		dev->ops->intx_moved(dev);
}

int pci_dev_intx_gsi(const struct pci_dev *dev)
{
	const struct pci_bus *bus = dev->bus;
	unsigned device = PCI_DEV_OF(dev->devfn);
	unsigned pin = dev->config[PCI_INTERRUPT_PIN];

	if (pin < 1 || pin > 4 || !bus->host->intx_gsi)
		return -1;
	/* PCI-to-PCI Bridge 1.2, 9.1: a bridge rotates the pins by the device number. */
	for (pin--; bus->bridge; bus = bus->bridge->bus) {
		pin = (pin + device) % 4;
		device = PCI_DEV_OF(bus->bridge->devfn);
	}
	return (int)bus->host->intx_gsi(bus->host, device, pin);
}

void pci_dev_reset(struct pci_dev *dev)
{
	memcpy(dev->config, dev->initial, sizeof(dev->config));
	dev->intx_level = false;
	pci_dev_update(dev);
	pci_dev_intx_moved(dev);
}

u32 pci_dev_config_read(struct pci_dev *dev, u16 offset, unsigned size)
{
	return (u32)get_le(dev->config + offset, size);
}

/* Whether an access of @size bytes at @offset overlaps the registers in [@start, @end). */
static bool touches(u16 offset, unsigned size, u16 start, u16 end)
{
	return range_touches((struct range){ start, (u64)end - start }, offset, size);
}

static bool moves_something(const struct pci_dev *dev, u16 offset, unsigned size)
{
	if (touches(offset, size, PCI_COMMAND, PCI_COMMAND + 2))
		return true;
	if (is_bridge(dev)) /* BARs, bus numbers, windows, bridge control */
		return touches(offset, size, PCI_BASE_ADDRESS_0, CAP_START);
	return touches(offset, size, PCI_BASE_ADDRESS_0, PCI_CARDBUS_CIS) ||
	       touches(offset, size, PCI_ROM_ADDRESS, PCI_ROM_ADDRESS + 4);
}

void pci_dev_config_write(struct pci_dev *dev, u16 offset, unsigned size, u32 value)
{
	for (unsigned i = 0; i < size; i++) {
		u8 *reg = &dev->config[offset + i];
		u8 writable = dev->writable[offset + i];
		u8 byte = (u8)(value >> (8 * i));

		*reg = (u8)((*reg & ~writable) | (byte & writable));
		*reg &= (u8) ~(byte & dev->write1clear[offset + i]);
	}
	if (!moves_something(dev, offset, size))
		return;
	pci_dev_update(dev);
	update_intx(dev);
}
