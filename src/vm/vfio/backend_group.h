/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens devices through their IOMMU group and a container: all groups share one container if the
 * host's IOMMUs allow it; each group that does not fit gets a container of its own.
 */
#ifndef VM_VFIO_BACKEND_GROUP_H
#define VM_VFIO_BACKEND_GROUP_H

#include "kernel/kvm.h"
#include "kernel/sysroot.h"
#include "kernel/vfio_type1.h"
#include "vm/vfio/backend.h"

struct vfio_backend_group {
	struct vfio_backend backend;
	const struct sysroot *sysroot;
	int kvm_device; /* KVM's VFIO pseudo device; -1: no KVM */
	struct vfio_container containers[VFIO_MAX_IOMMUS];
	struct vfio_group groups[VFIO_MAX_GROUPS];
	struct vfio_device devices[VFIO_MAX_DEVICES];
	struct vfio_group *group_of[VFIO_MAX_DEVICES];
	unsigned nr_devices;
};

/*
 * @sysroot: the host's files; the caller keeps it. @kvm: the virtual machine, which is told of each
 * group because KVM must then honour guest operations that matter only for non-coherent DMA
 * (WBINVD, memory types); NULL: none.
 */
int vfio_backend_group_open(struct vfio_backend_group *groups, const struct sysroot *sysroot,
	const struct kvm *kvm, struct err *err);

#endif
