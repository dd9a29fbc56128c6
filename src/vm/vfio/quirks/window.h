/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window to a card's registers, as quirks have it: an address register, and a data register that
 * shows what is at that address. Some addresses are the card's config space.
 */
#ifndef VM_VFIO_QUIRKS_WINDOW_H
#define VM_VFIO_QUIRKS_WINDOW_H

#include "vm/vfio/quirks/quirk.h"

#define WINDOW_MATCHES 2

struct index_window {
	u32 bar;
	u64 address_reg, data_reg;            /* four bytes each, in the BAR */
	struct range matches[WINDOW_MATCHES]; /* where config space is; size 0: unused */
	u32 address;                          /* as last written */
	bool on;                              /* the card looks at it */
};

/*
 * An access within one of the two registers. The address reaches the card; data that is the
 * config space's does not, but a read is made all the same.
 */
u64 window_read(struct vfio_quirk *quirk, struct index_window *window, u64 offset, unsigned size);
void window_write(struct vfio_quirk *quirk, struct index_window *window, u64 offset, unsigned size,
	u64 value);

#endif
