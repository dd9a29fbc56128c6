/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's devices in this machine: each slot of the host is a slot of the guest with all of its
 * functions, behind a root port of its own or, if the user wants that, on the root bus.
 */
#ifndef VM_DEVICES_ASSIGNED_H
#define VM_DEVICES_ASSIGNED_H

#include "kernel/sysroot.h"
#include "vm/pci/root_port.h"
#include "vm/vfio/assign.h"
#include "vm/vfio/backend_group.h"
#include "vm/vfio/backend_iommufd.h"

/* Devices 1 to 30 of the root bus that nothing else is: root ports, or cards. */
#define CARDS_FIRST_PORT 1
#define CARDS_MAX        30

struct assigned {
	struct sysroot sysroot; /* the running host */
	struct vfio_backend_group groups;
	struct vfio_backend_iommufd iommufd; /* one of the two is in use */
	struct vfio_watcher watcher;
	struct vfio_assign assign;
	struct root_port *ports[CARDS_MAX];
	unsigned nr_ports;
	bool secondary;
};

struct assigned_config {
	const struct vfio_assign_request *devices; /* outlive the cards */
	unsigned nr_devices;
	u64 memory; /* bytes of the guest's, which DMA will lock */
	bool pool;  /* they are of the host's pool of huge pages */
	enum vfio_backend_kind kind;
	bool secondary; /* the guest has a first screen of its own */
};

/*
 * Has the kernel open the devices, or refuses with nothing changed on the host. @watcher: is told
 * when the host takes a device away.
 */
int assigned_open(struct assigned *assigned, const struct kvm *kvm,
	const struct assigned_config *config, const struct vfio_watcher *watcher, struct err *err);

/* Waits until the kernel has opened and reset the devices; it is known then what they are. */
int assigned_take(struct assigned *assigned, struct err *err);

/* Puts them into the guest, whose PCI host is there. */
int assigned_attach(struct assigned *assigned, struct pci_host *host, struct err *err);

/* Maps the guest's RAM for their DMA. @way: whether that is done when it returns. */
int assigned_map(
	struct assigned *assigned, struct mem *mem, enum vfio_dma_mode way, struct err *err);

/* Resets the devices and lets them go. No vCPU runs. Safe on a zeroed struct. */
void assigned_close(struct assigned *assigned);

#endif
