/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index/data window to a device's registers, for quirks: the data register accesses the register
 * whose address is in the address register. Some addresses are the device's config space.
 */
#ifndef VM_VFIO_QUIRKS_WINDOW_H
#define VM_VFIO_QUIRKS_WINDOW_H

#include "vm/vfio/quirks/quirk.h"

#define WINDOW_MATCHES 2

struct index_window {
	u32 bar;
	u64 address_reg, data_reg;            /* four bytes each, in the BAR */
	struct range matches[WINDOW_MATCHES]; /* the addresses of config space; size 0: unused */
	u32 address;                          /* as last written */
	bool on;                              /* the device has the window enabled */
};

/*
 * Handle an access within one of the two registers. The address is written to the device. Data of
 * config space is not, although the hardware is read all the same.
 */
u64 window_read(struct vfio_quirk *quirk, struct index_window *window, u64 offset, unsigned size);
void window_write(struct vfio_quirk *quirk, struct index_window *window, u64 offset, unsigned size,
	u64 value);

#endif
