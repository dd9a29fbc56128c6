/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A back end opens assigned devices and tells what else belongs to them. backend_group.h implements
 * one with groups and containers, backend_iommufd.h one with iommufd and device files; tests have
 * their own, which opens simulated devices.
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
	VFIO_BACKEND_AUTO, /* iommufd if it can open all devices, else type 1 */
	VFIO_BACKEND_TYPE1,
	VFIO_BACKEND_IOMMUFD,
};

struct vfio_backend;

struct vfio_opened {
	struct vfio_device *dev;          /* owned by the back end and valid until it closes */
	bool specific_reset;              /* the kernel has a reset method for this very model */
	struct pci_bar bars[PCI_REGIONS]; /* at the host's addresses; empty: unknown */
};

struct vfio_backend_ops {
	/*
	 * Checks whether the device can be opened, as far as that is known without opening
	 * anything.
	 */
	int (*check)(struct vfio_backend *backend, struct pci_addr addr, struct err *err);
	/*
	 * For a device that passed check: opens what it shares with other devices, such as its
	 * group, and reserves its struct. The device cannot be used before start.
	 */
	int (*open)(struct vfio_backend *backend, struct pci_addr addr, struct vfio_opened *opened,
		struct err *err);
	/*
	 * Opens the device that open returned. The kernel resets it here, which takes 100 ms or
	 * more, so several threads may call this for different devices at the same time.
	 */
	int (*start)(struct vfio_backend *backend, struct pci_addr addr, struct vfio_device *dev,
		struct err *err);
	void (*close)(struct vfio_backend *backend);
};

struct vfio_backend {
	const struct vfio_backend_ops *ops;

	/* The IOMMUs of the devices opened so far; open adds to them. */
	struct vfio_iommu *iommus[VFIO_MAX_IOMMUS];
	struct pci_addr iommu_users[VFIO_MAX_IOMMUS]; /* one device behind each */
	unsigned nr_iommus;
	/*
	 * The devices' IOMMU groups: they prove ownership for bus resets, and KVM is told of them.
	 */
	u32 group_ids[VFIO_MAX_GROUPS];
	s32 group_fds[VFIO_MAX_GROUPS];
	unsigned nr_groups;
};

#endif
