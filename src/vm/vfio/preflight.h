/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a function of the host can be had, told from sysfs before anything is opened: a refusal
 * names the device, the cause and the command that helps, and has changed nothing.
 */
#ifndef VM_VFIO_PREFLIGHT_H
#define VM_VFIO_PREFLIGHT_H

#include "kernel/sysroot.h"
#include "pci/addr.h"
#include "pci/bar.h"

int vfio_preflight(const struct sysroot *sysroot, struct pci_addr addr, struct err *err);

/* The function's IOMMU group. -ENODEV: it has none, or one that stands for no IOMMU. */
int vfio_preflight_group(
	const struct sysroot *sysroot, struct pci_addr addr, u32 *group, struct err *err);

/*
 * The kernel refused to let @group use the IOMMU, with @err->code: says why, as far as sysfs
 * shows it. Returns -@err->code.
 */
int vfio_preflight_explain(
	const struct sysroot *sysroot, struct pci_addr addr, u32 group, struct err *err);

/* Whether the kernel's first choice to reset the device is a method made for its model. */
bool vfio_preflight_specific_reset(const struct sysroot *sysroot, struct pci_addr addr);
/* Its BARs and ROM where the host has them. -ENOENT where sysfs does not tell; all are empty then.
 */
int vfio_preflight_bars(
	const struct sysroot *sysroot, struct pci_addr addr, struct pci_bar bars[PCI_REGIONS]);

#endif
