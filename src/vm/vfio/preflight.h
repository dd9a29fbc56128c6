/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a function of the host can be had, told from sysfs before anything is opened: a refusal
 * names the device, the cause and the command that helps, and has changed nothing.
 */
#ifndef VM_VFIO_PREFLIGHT_H
#define VM_VFIO_PREFLIGHT_H

#include "kernel/tree.h"
#include "pci/addr.h"

/* @group: the function's IOMMU group. */
int vfio_preflight(const struct tree *tree, struct pci_addr addr, u32 *group, struct err *err);

/*
 * The kernel refused to let @group use the IOMMU, with @err->code: says why, as far as sysfs
 * shows it. Returns -@err->code.
 */
int vfio_preflight_explain(
	const struct tree *tree, struct pci_addr addr, u32 group, struct err *err);

/* Whether the kernel's first choice to reset the device is a method made for its model. */
bool vfio_preflight_specific_reset(const struct tree *tree, struct pci_addr addr);
/* Whether its ROM is a copy at C0000h that the firmware has run, not the card's own. */
bool vfio_preflight_shadow_rom(const struct tree *tree, struct pci_addr addr);

#endif
