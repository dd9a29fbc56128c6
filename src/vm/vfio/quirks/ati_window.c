// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BAR 4 of a Radeon is an I/O BAR with an address register at 0 and a data register at 4. Addresses
 * from 4000h on access its config space.
 */
#include "vm/vfio/quirks/window.h"

#define BAR     4
#define ADDRESS 0
#define DATA    4
#define CONFIG  0x4000

struct ati_window {
	struct vfio_quirk quirk;
	struct index_window window;
};

static u64 reg_read(void *owner, u64 offset, unsigned size)
{
	struct ati_window *ati = owner;

	return window_read(&ati->quirk, &ati->window, offset, size);
}

static void reg_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct ati_window *ati = owner;

	window_write(&ati->quirk, &ati->window, offset, size, value);
}

static const struct bus_ops reg_ops = { reg_read, reg_write };

static int open_window(struct vfio_quirk *quirk, struct err *err)
{
	struct ati_window *ati = (struct ati_window *)quirk;
	int ret;

	ati->window = (struct index_window){
		.bar = BAR,
		.address_reg = ADDRESS,
		.data_reg = DATA,
		.matches = { { CONFIG, vfio_quirk_config_size(quirk) } },
		.on = true,
	};
	ret = vfio_quirk_trap(quirk, BAR, ADDRESS, 4, &reg_ops, err);
	return ret ? ret : vfio_quirk_trap(quirk, BAR, DATA, 4, &reg_ops, err);
}

static void reset(struct vfio_quirk *quirk)
{
	((struct ati_window *)quirk)->window.address = 0;
}

const struct vfio_quirk_ops vfio_quirk_ati_window = {
	.size = sizeof(struct ati_window),
	.open = open_window,
	.reset = reset,
};
