// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/vga.h"

#include "base/bytes.h"
#include "base/log.h"
#include "vm/pci/pci_bus.h"

/* Bit 4 of Bridge Control; the uapi header has no name for it. */
#define BRIDGE_VGA_16BIT 0x10

/* With ten-bit decoding, every port from 400h on is an alias of one below 400h. */
#define ALIAS_START 0x400u
#define ALIAS_END   0x10000u
#define ALIAS_MASK  0x3ffu

static const struct {
	struct range range;
	enum flat_rank rank;
	bool memory;
} parts[PCI_VGA_PARTS] = {
	[PCI_VGA_MEMORY] = { { VGA_MEMORY_START, VGA_MEMORY_SIZE }, FLAT_RANK_PLATFORM, true },
	[PCI_VGA_MONO] = { { VGA_MONO_START, VGA_MONO_SIZE }, FLAT_RANK_PLATFORM },
	[PCI_VGA_COLOR] = { { VGA_COLOR_START, VGA_COLOR_SIZE }, FLAT_RANK_PLATFORM },
	[PCI_VGA_ALIASES] = { { ALIAS_START, ALIAS_END - ALIAS_START }, FLAT_RANK_ALIAS },
};

/* The address that the card gets for an access; 0: an alias, but not of the card's ports only. */
static u32 address_of(const struct pci_vga_part *part, u64 offset, unsigned size)
{
	u32 addr = (u32)(part->region.range.start + offset);

	if (part != &part->vga->parts[PCI_VGA_ALIASES])
		return addr;
	addr &= ALIAS_MASK;
	if (range_contains(parts[PCI_VGA_MONO].range, addr, size) ||
		range_contains(parts[PCI_VGA_COLOR].range, addr, size))
		return addr;
	return 0;
}

static u64 part_read(void *owner, u64 offset, unsigned size)
{
	const struct pci_vga_part *part = owner;
	u32 addr = address_of(part, offset, size);
	u64 value = 0;

	if (addr)
		return part->vga->ops->read(part->vga->owner, addr, size);
	if (size == 1)
		return 0xff;
	for (unsigned i = 0; i < size; i++)
		value |= part_read(owner, offset + i, 1) << (8 * i);
	return value;
}

static void part_write(void *owner, u64 offset, unsigned size, u64 value)
{
	const struct pci_vga_part *part = owner;
	u32 addr = address_of(part, offset, size);

	if (addr)
		part->vga->ops->write(part->vga->owner, addr, size, value);
	for (unsigned i = 0; !addr && size > 1 && i < size; i++)
		part_write(owner, offset + i, 1, value >> (8 * i) & 0xff);
}

static const struct bus_ops part_ops = { .read = part_read, .write = part_write };

/* @space: PCI_COMMAND_IO or _MEMORY. */
static bool bridges_forward(const struct pci_bus *bus, u16 space)
{
	for (const struct pci_dev *bridge = bus->bridge; bridge; bridge = bridge->bus->bridge)
		if (!(pci_dev_command(bridge) & space) ||
			!(bridge->config[PCI_BRIDGE_CONTROL] & PCI_BRIDGE_CTL_VGA))
			return false;
	return true;
}

static bool bridges_forward_aliases(const struct pci_bus *bus)
{
	for (const struct pci_dev *bridge = bus->bridge; bridge; bridge = bridge->bus->bridge)
		if (bridge->config[PCI_BRIDGE_CONTROL] & BRIDGE_VGA_16BIT)
			return false;
	return bus->bridge;
}

/* Returns whether anything changed. */
static bool set(struct pci_dev *dev, unsigned which, bool on)
{
	struct pci_vga_part *part = &dev->vga->parts[which];
	struct bus *bus = parts[which].memory ? dev->bus->host->mmio : dev->bus->host->pio;

	if (part->on == on)
		return false;
	part->on = on;
	if (!on) {
		bus_remove(bus, &part->region);
		return true;
	}
	part->vga = dev->vga;
	part->region = (struct bus_region){
		.name = dev->name,
		.range = parts[which].range,
		.rank = parts[which].rank,
		.ops = &part_ops,
		.owner = part,
	};
	if (bus_add(bus, &part->region))
		log_guest_at(LOG_ERROR, "%s: no memory to route legacy VGA", dev->name);
	return true;
}

static void route(struct pci_dev *dev, bool memory, bool ports, bool aliases)
{
	struct pci_vga *vga = dev->vga;
	bool changed = set(dev, PCI_VGA_MEMORY, memory);

	changed |= set(dev, PCI_VGA_MONO, ports);
	changed |= set(dev, PCI_VGA_COLOR, ports);
	set(dev, PCI_VGA_ALIASES, aliases);
	if (changed)
		vga->ops->routed(vga->owner, memory, ports);
}

void pci_vga_update(struct pci_dev *dev)
{
	u16 command = dev->asleep ? 0 : pci_dev_command(dev);
	bool memory = command & PCI_COMMAND_MEMORY && bridges_forward(dev->bus, PCI_COMMAND_MEMORY);
	bool ports = command & PCI_COMMAND_IO && bridges_forward(dev->bus, PCI_COMMAND_IO);

	route(dev, memory, ports, ports && bridges_forward_aliases(dev->bus));
}

void pci_vga_unmap(struct pci_dev *dev)
{
	route(dev, false, false, false);
}
