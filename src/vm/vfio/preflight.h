/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks in sysfs whether a function of the host can be assigned, before anything is opened. An
 * error names the device, the cause and the command that helps; nothing has been changed.
 */
#ifndef VM_VFIO_PREFLIGHT_H
#define VM_VFIO_PREFLIGHT_H

#include "kernel/sysroot.h"
#include "pci/addr.h"
#include "pci/bar.h"

int vfio_preflight(const struct sysroot *sysroot, struct pci_addr addr, struct err *err);

/* The function's IOMMU group. -ENODEV: it has none, or only a no-IOMMU group. */
int vfio_preflight_group(
	const struct sysroot *sysroot, struct pci_addr addr, u32 *group, struct err *err);

/*
 * The kernel refused to let @group use the IOMMU, with @err->code: puts the reason into @err, as
 * far as sysfs shows it. Returns -@err->code.
 */
int vfio_preflight_explain(
	const struct sysroot *sysroot, struct pci_addr addr, u32 group, struct err *err);

/* Whether the first method by which the kernel resets the device is specific to its model. */
bool vfio_preflight_specific_reset(const struct sysroot *sysroot, struct pci_addr addr);
/*
 * The device's BARs and ROM at the host's addresses. -ENOENT if sysfs does not tell; then all are
 * empty.
 */
int vfio_preflight_bars(
	const struct sysroot *sysroot, struct pci_addr addr, struct pci_bar bars[PCI_REGIONS]);

#endif
