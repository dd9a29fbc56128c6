// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BAR 5 of an NVIDIA graphics card is an I/O BAR with two enable registers, an address and a data
 * register. With bit 0 of both enable registers set, addresses from 1800h and from 88000h on access
 * its config space.
 */
#include "base/bytes.h"
#include "vm/vfio/quirks/window.h"

#define BAR     5
#define MASTER  0x0
#define ENABLE  0x4
#define ADDRESS 0x8
#define DATA    0xc

#define VGA_CONFIG 0x1800
#define CONFIG     0x88000

struct nvidia_window {
	struct vfio_quirk quirk;
	struct index_window window;
	u8 master, enable; /* the lowest byte of each enable register, as last written */
};

static u64 switch_read(void *owner, u64 offset, unsigned size)
{
	return vfio_quirk_hw_read(owner, BAR, offset, size);
}

static void switch_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct nvidia_window *nv = owner;

	vfio_quirk_hw_write(&nv->quirk, BAR, offset, size, value);
	if (offset == MASTER)
		nv->master = (u8)value;
	else if (offset == ENABLE)
		nv->enable = (u8)value;
	nv->window.on = nv->master & nv->enable & 1;
}

static u64 reg_read(void *owner, u64 offset, unsigned size)
{
	struct nvidia_window *nv = owner;

	return window_read(&nv->quirk, &nv->window, offset, size);
}

static void reg_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct nvidia_window *nv = owner;

	window_write(&nv->quirk, &nv->window, offset, size, value);
}

static const struct bus_ops switch_ops = { switch_read, switch_write };
static const struct bus_ops reg_ops = { reg_read, reg_write };

static int open_window(struct vfio_quirk *quirk, struct err *err)
{
	struct nvidia_window *nv = (struct nvidia_window *)quirk;
	int ret;

	nv->window = (struct index_window){
		.bar = BAR,
		.address_reg = ADDRESS,
		.data_reg = DATA,
		.matches = { { VGA_CONFIG, PCI_CFG_SPACE_SIZE },
			{ CONFIG, vfio_quirk_config_size(quirk) } },
	};
	ret = vfio_quirk_trap(quirk, BAR, MASTER, 4, &switch_ops, err);
	if (!ret)
		ret = vfio_quirk_trap(quirk, BAR, ENABLE, 4, &switch_ops, err);
	if (!ret)
		ret = vfio_quirk_trap(quirk, BAR, ADDRESS, 4, &reg_ops, err);
	return ret ? ret : vfio_quirk_trap(quirk, BAR, DATA, 4, &reg_ops, err);
}

static void reset(struct vfio_quirk *quirk)
{
	struct nvidia_window *nv = (struct nvidia_window *)quirk;

	nv->master = nv->enable = 0;
	nv->window.on = false;
	nv->window.address = 0;
}

const struct vfio_quirk_ops vfio_quirk_nvidia_window = {
	.size = sizeof(struct nvidia_window),
	.open = open_window,
	.reset = reset,
};
