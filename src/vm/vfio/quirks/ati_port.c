// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Port 3C3h of a Radeon reads as the second byte of BAR 4, from which its VBIOS learns the base of
 * the card's I/O ports.
 */
#include "vm/vfio/quirks/quirk.h"

#define PORT 0x3c3

static u64 port_read(void *owner, u64 offset, unsigned size)
{
	return vfio_quirk_config_read(owner, PCI_BASE_ADDRESS_4 + 1, 1);
}

static void port_write(void *owner, u64 offset, unsigned size, u64 value)
{
}

static const struct bus_ops port_ops = { port_read, port_write };

static int open_port(struct vfio_quirk *quirk, struct err *err)
{
	return vfio_quirk_trap(quirk, VFIO_PCI_VGA_REGION_INDEX, PORT, 1, &port_ops, err);
}

const struct vfio_quirk_ops vfio_quirk_ati_port = {
	.size = sizeof(struct vfio_quirk),
	.open = open_port,
};
