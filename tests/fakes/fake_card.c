// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

void quirk_card_init(struct quirk_card *card, u16 vendor, u16 device)
{
	memset(card, 0, sizeof(*card));
	sim_open(&card->sim);
	sim_put(&card->sim, PCI_VENDOR_ID, 2, vendor);
	sim_put(&card->sim, PCI_DEVICE_ID, 2, device);
	sim_add_vga(&card->sim);
}

static bool is_io(const struct quirk_card *card, unsigned bar)
{
	return card->sim.config[PCI_BASE_ADDRESS_0 + 4 * bar] & PCI_BASE_ADDRESS_SPACE_IO;
}

void quirk_card_bar(struct quirk_card *card, unsigned index, u64 size, u32 flags)
{
	u16 reg = (u16)(PCI_BASE_ADDRESS_0 + 4 * index);

	sim_add_bar(&card->sim, index, size, flags);
	sim_put(&card->sim, reg, 4,
		flags | (flags & PCI_BASE_ADDRESS_SPACE_IO ? HOST_PORTS(index) : HOST_BAR(index)));
}

void quirk_card_start(struct quirk_card *card, const struct vfio_options *options)
{
	sim_machine_open(&card->machine);
	if (card->addr.dev)
		card->machine.addr = card->addr;
	sim_assign(&card->machine, &card->sim, &card->vp, false, options);
	for (unsigned i = 0; i < VFIO_NR_BARS; i++)
		if (card->sim.regions[i].info.size)
			sim_write(&card->vp, (u16)(PCI_BASE_ADDRESS_0 + 4 * i), 4,
				is_io(card, i) ? GUEST_PORTS(i) : GUEST_BAR(i));
	pci_dev_config_write(&card->machine.port, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_VGA);
	sim_write(&card->vp, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

void quirk_card_close(struct quirk_card *card)
{
	vfio_pci_close(&card->vp);
	assert_int_equal(card->machine.mmio.nr_regions, 0);
	assert_int_equal(card->machine.pio.nr_regions, 0);
	sim_machine_close(&card->machine);
	sim_close(&card->sim);
}

u32 quirk_load(struct quirk_card *card, unsigned bar, u64 offset, unsigned size)
{
	if (is_io(card, bar))
		return (u32)bus_read(&card->machine.pio, GUEST_PORTS(bar) + offset, size);
	return (u32)bus_read(&card->machine.mmio, GUEST_BAR(bar) + offset, size);
}

void quirk_store(struct quirk_card *card, unsigned bar, u64 offset, unsigned size, u32 value)
{
	if (is_io(card, bar))
		bus_write(&card->machine.pio, GUEST_PORTS(bar) + offset, size, value);
	else
		bus_write(&card->machine.mmio, GUEST_BAR(bar) + offset, size, value);
}

u32 quirk_in(struct quirk_card *card, u16 port, unsigned size)
{
	return (u32)bus_read(&card->machine.pio, port, size);
}

void quirk_out(struct quirk_card *card, u16 port, unsigned size, u32 value)
{
	bus_write(&card->machine.pio, port, size, value);
}

bool quirk_mapped(struct quirk_card *card, unsigned bar, u64 offset)
{
	const struct mem *mem = &card->machine.mem;

	for (size_t i = 0; i < mem->views[FLAT_VIEW_NORMAL].nr_segments; i++)
		if (range_contains(mem->views[FLAT_VIEW_NORMAL].segments[i].range,
			    GUEST_BAR(bar) + offset, 1))
			return true;
	return false;
}
