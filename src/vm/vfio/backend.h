/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where assigned devices come from: opens them and says what else belongs to them. groups.h is
 * the first (group and container), cdevs.h the second (iommufd and device files); tests make
 * theirs of memory.
 */
#ifndef VM_VFIO_BACKEND_H
#define VM_VFIO_BACKEND_H

#include "kernel/vfio.h"
#include "pci/addr.h"
#include "pci/bar.h"

#define VFIO_MAX_IOMMUS  16
#define VFIO_MAX_GROUPS  64
#define VFIO_MAX_DEVICES 64

enum vfio_backend_kind {
	VFIO_BACKEND_AUTO, /* iommufd where this process can have all devices by it, else type 1 */
	VFIO_BACKEND_TYPE1,
	VFIO_BACKEND_IOMMUFD,
};

struct vfio_backend;

struct vfio_opened {
	struct vfio_device *dev;          /* the back end's, good until that is closed */
	bool specific_reset;              /* the kernel resets this model by a method of its own */
	struct pci_bar bars[PCI_REGIONS]; /* where the host has them; empty: not known */
};

struct vfio_backend_ops {
	/* Whether the device can be had, as far as that can be told without opening anything. */
	int (*check)(struct vfio_backend *backend, struct pci_addr addr, struct err *err);
	/*
	 * Of one that check has passed: opens what it shares with others and makes room for it; it
	 * is not to be used yet.
	 */
	int (*open)(struct vfio_backend *backend, struct pci_addr addr, struct vfio_opened *opened,
		struct err *err);
	/*
	 * Takes the device that open gave. The kernel resets it here, which is a matter of 100 ms
	 * and more: threads may do so for several devices at a time.
	 */
	int (*start)(struct vfio_backend *backend, struct pci_addr addr, struct vfio_device *dev,
		struct err *err);
	void (*close)(struct vfio_backend *backend);
};

struct vfio_backend {
	const struct vfio_backend_ops *ops;

	/* What the devices opened so far are behind; grows with open. */
	struct vfio_iommu *iommus[VFIO_MAX_IOMMUS];
	struct pci_addr iommu_users[VFIO_MAX_IOMMUS]; /* a device behind each */
	unsigned nr_iommus;
	/* Their groups: proof of ownership for resets, and what KVM wants to know of. */
	u32 group_ids[VFIO_MAX_GROUPS];
	s32 group_fds[VFIO_MAX_GROUPS];
	unsigned nr_groups;
};

#endif
