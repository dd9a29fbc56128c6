/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices by IOMMU group and container: one container for all groups where the host's IOMMUs
 * allow it, one more for each that does not fit.
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
	int kvm_device; /* KVM's pseudo device, -1: without KVM */
	struct vfio_container containers[VFIO_MAX_IOMMUS];
	struct vfio_group groups[VFIO_MAX_GROUPS];
	struct vfio_device devices[VFIO_MAX_DEVICES];
	struct vfio_group *group_of[VFIO_MAX_DEVICES];
	unsigned nr_devices;
};

/*
 * @sysroot: the host's files, kept by the caller. @kvm: the machine, which is told of each group so
 * that it honours what only works without snooping; NULL: none.
 */
int vfio_groups_open(struct vfio_backend_group *groups, const struct sysroot *sysroot,
	const struct kvm *kvm, struct err *err);

#endif
