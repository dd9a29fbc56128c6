/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All host devices that are assigned to one machine, from the first check to the last reset. These
 * are the functions that devices/assigned.c uses of this directory:
 *
 *	vfio_assign_open()	before guest RAM is allocated, so that a refusal comes early
 *	vfio_assign_take()	after everything that can be built without the devices
 *	vfio_assign_attach()	for each slot, when its root port is on the bus
 *	vfio_assign_map()	when RAM is in the memory map, and as the last step, because its
 *				threads slow down everything that changes this process's
 *				address space
 *	vfio_assign_close()	when no vCPU runs any more
 *
 * All are called on the machine's thread. The struct must not move between open and close. Closing
 * is safe after each step and after a failure; then the host's drivers can have the devices again.
 */
#ifndef VM_VFIO_ASSIGN_H
#define VM_VFIO_ASSIGN_H

#include "vm/vfio/backend.h"
#include "vm/vfio/mapping.h"
#include "vm/vfio/reset.h"
#include "vm/vfio/slots.h"
#include "vm/vfio/vfio_pci.h"

struct vfio_assign_request {
	struct pci_addr addr;
	struct vfio_options options;
};

/*
 * Whether the BARs of the device at @addr also answer at the host's addresses (bars=host). The
 * functions of one slot share a bridge in the guest, so asking for one of them asks for all.
 */
bool vfio_assign_wants_bars_host(
	const struct vfio_assign_request *requests, unsigned nr, struct pci_addr addr);

struct vfio_start;

struct vfio_assign {
	struct vfio_backend *backend;
	const struct vfio_watcher *watcher;
	const struct vfio_assign_request *requests;
	unsigned nr_requests;
	struct vfio_start *starts; /* nr_requests of them */
	struct vfio_pci **devices;
	struct vfio_place *places;
	unsigned nr_devices;
	unsigned nr_slots; /* root ports that the guest needs */
	struct vfio_owned owned;
	struct vfio_mapping mapping;
	bool taken; /* all devices are open; from here on they are changed */
};

/*
 * Makes the kernel open all devices at the same time, and returns while it resets them. If any
 * device is refused, this fails before the first reset. @backend, @watcher and @requests, with
 * everything they point to, belong to the caller and must outlive the devices. vfio_assign_close()
 * closes the back end; so does a failure here.
 */
int vfio_assign_open(struct vfio_assign *assign, struct vfio_backend *backend,
	const struct vfio_assign_request *requests, unsigned nr, const struct vfio_watcher *watcher,
	struct err *err);

/* Waits until the kernel has opened the devices. A failure closes everything. */
int vfio_assign_take(struct vfio_assign *assign, struct err *err);

/* Puts the functions of @slot on @bus as device @device. */
int vfio_assign_attach(struct vfio_assign *assign, unsigned slot, struct pci_bus *bus,
	unsigned device, struct err *err);

/* Maps guest RAM for DMA, and keeps the mappings up to date when the memory map changes. */
int vfio_assign_map(
	struct vfio_assign *assign, struct mem *mem, enum vfio_dma_mode way, struct err *err);

void vfio_assign_close(struct vfio_assign *assign);

#endif
