/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI as firmware leaves it, for a direct start: buses have numbers, BARs have addresses, and
 * bridges forward them. Linux keeps these. Otherwise it takes each BAR for one at address 0, and
 * drops what the board itself has there, such as ECAM and port 92h.
 *
 * No function decodes its addresses until a driver turns that on.
 */
#ifndef VM_LAUNCH_DIRECT_PCI_H
#define VM_LAUNCH_DIRECT_PCI_H

#include "vm/devices/fixed_bars.h"
#include "vm/pci/mch.h"

/*
 * Sets the functions of the root bus and of the buses behind its bridges. @high: where 64-bit
 * prefetchable BARs go; size 0: nowhere. @kept: what fixed_bars_set() places is left alone. A BAR
 * without room stays at 0. Returns -ENOMEM without memory.
 */
int direct_pci_place(struct mch *mch, struct range high, const struct fixed_bars *kept);

#endif
