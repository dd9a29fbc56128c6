/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's devices that are assigned to this machine. The functions of one slot of the host share
 * one slot of the guest, behind a root port of its own or, if the user asks for that, on the root
 * bus.
 */
#ifndef VM_DEVICES_ASSIGNED_H
#define VM_DEVICES_ASSIGNED_H

#include "kernel/sysroot.h"
#include "vm/pci/root_port.h"
#include "vm/vfio/assign.h"
#include "vm/vfio/backend_group.h"
#include "vm/vfio/backend_iommufd.h"

/* Devices 1 to 30 of the root bus are for root ports and for assigned devices. */
#define ASSIGNED_FIRST_PORT 1
#define ASSIGNED_MAX        30

struct assigned {
	struct sysroot sysroot; /* the running host */
	struct vfio_backend_group groups;
	struct vfio_backend_iommufd iommufd; /* one of the two back ends is in use */
	struct vfio_watcher watcher;
	struct vfio_assign assign;
	struct root_port *ports[ASSIGNED_MAX];
	unsigned nr_ports;
	bool secondary;
};

struct assigned_config {
	const struct vfio_assign_request *devices; /* they outlive struct assigned */
	unsigned nr_devices;
	u64 memory; /* bytes of guest RAM, which DMA will lock */
	bool pool;  /* that RAM comes from the host's pool of huge pages */
	enum vfio_backend_kind kind;
	bool secondary; /* the guest's primary display is an emulated one */
};

/*
 * Has the kernel open the devices, or refuses them and changes nothing on the host. @watcher is
 * told when the host takes a device away.
 */
int assigned_open(struct assigned *assigned, const struct kvm *kvm,
	const struct assigned_config *config, const struct vfio_watcher *watcher, struct err *err);

/*
 * Waits until the kernel has opened and reset the devices. Their regions and interrupts are known
 * from then on.
 */
int assigned_take(struct assigned *assigned, struct err *err);

/* Attaches the devices to @host, the guest's PCI hierarchy. */
int assigned_attach(struct assigned *assigned, struct pci_host *host, struct err *err);

/* Maps guest RAM for their DMA. @way says whether the mapping is complete when this returns. */
int assigned_map(
	struct assigned *assigned, struct mem *mem, enum vfio_dma_mode way, struct err *err);

/* Resets and releases the devices. No vCPU runs. Safe on a zeroed struct. */
void assigned_close(struct assigned *assigned);

#endif
