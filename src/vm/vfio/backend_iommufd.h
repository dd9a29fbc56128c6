/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens devices through their own device files (cdev), all in one iommufd address space: see
 * kernel/iommufd.h.
 */
#ifndef VM_VFIO_BACKEND_IOMMUFD_H
#define VM_VFIO_BACKEND_IOMMUFD_H

#include "kernel/iommufd.h"
#include "kernel/kvm.h"
#include "vm/vfio/backend.h"

struct vfio_cdev {
	struct vfio_device dev;
	struct vfio_backend_iommufd *iommufd;
	u32 group;
};

struct vfio_backend_iommufd {
	struct vfio_backend backend;
	const struct sysroot *sysroot;
	int kvm_device; /* KVM's VFIO pseudo device; -1: no KVM */
	struct iommufd iommufd;
	struct vfio_cdev devices[VFIO_MAX_DEVICES];
	unsigned nr_devices;
};

/* Arguments as for vfio_backend_group_open(). */
int vfio_backend_iommufd_open(struct vfio_backend_iommufd *iommufd, const struct sysroot *sysroot,
	const struct kvm *kvm, struct err *err);

#endif
