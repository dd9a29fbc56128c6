/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All devices that one machine has of the host, from the first look to the last reset. This is
 * what machine.c uses of this directory:
 *
 *	vfio_assign_open()	before the guest's memory is made: a refusal comes early
 *	vfio_assign_take()	when everything is done that needs to know nothing of the devices
 *	vfio_assign_attach()	for each slot, when its root port is on the bus
 *	vfio_assign_map()	when the memory map has its RAM, and last of all, because the
 *				threads of it hold up everything that changes this process's
 *				address space
 *	vfio_assign_close()	when no vCPU runs any more
 *
 * All on the machine's thread. The struct stays at one address. Close is safe after each step
 * and after a failure; the host's drivers can then have the devices again.
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
 * Whether the device at @addr is to have its BARs at the host's addresses: the functions of a slot
 * are behind one bridge of the guest, so the wish for any of them is for all.
 */
bool vfio_assign_wants_identity(
	const struct vfio_assign_request *requests, unsigned nr, struct pci_addr addr);

struct vfio_start;

struct vfio_assign {
	struct vfio_backend *backend;
	const struct vfio_watcher *watcher;
	const struct vfio_assign_request *requests;
	unsigned nr_requests;
	struct vfio_start *starts; /* as many */
	struct vfio_pci **devices;
	struct vfio_place *places;
	unsigned nr_devices;
	unsigned nr_slots; /* root ports that the guest needs */
	struct vfio_owned owned;
	struct vfio_mapping mapping;
	bool taken; /* all of them: from here on the devices are changed */
};

/*
 * Has the kernel open the devices, all at a time, and returns while it resets them; a refusal of
 * any comes before that. @backend, @requests with what they point to and @watcher are the caller's
 * and outlive the devices; the backend is closed by vfio_assign_close(), and by a failure here.
 */
int vfio_assign_open(struct vfio_assign *assign, struct vfio_backend *backend,
	const struct vfio_assign_request *requests, unsigned nr, const struct vfio_watcher *watcher,
	struct err *err);

/* Waits until the kernel has opened the devices. A failure closes everything. */
int vfio_assign_take(struct vfio_assign *assign, struct err *err);

/* Puts the functions of @slot on @bus as device @device. */
int vfio_assign_attach(struct vfio_assign *assign, unsigned slot, struct pci_bus *bus,
	unsigned device, struct err *err);

/* Maps the guest's RAM for DMA, and goes on to as it changes. */
int vfio_assign_map(
	struct vfio_assign *assign, struct mem *mem, enum vfio_dma_mode way, struct err *err);

void vfio_assign_close(struct vfio_assign *assign);

#endif
