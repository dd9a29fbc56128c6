/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The legacy VGA of an assigned card, through VFIO's region for it: the host's kernel routes
 * each access to this card and to no other (its VGA arbiter). pci/vga.h says when the guest's
 * accesses come here.
 *
 * While the guest writes to the frame buffer, its writes are posted (struct bus_coalesced), and
 * vga_window.h collects them. They reach the card before any other access of this device that
 * leaves the guest, and VGA_DELAY_NS later at the latest; then the queue is left to the others.
 *
 * Embedded in the function. Accesses come from any vCPU, the timer from the loop's thread.
 * vga.lock is taken last: nothing that locks is called with it held. Overlays run under the lock of
 * the PCI hierarchy.
 */
#ifndef VM_VFIO_VGA_H
#define VM_VFIO_VGA_H

#include "base/loop.h"
#include "vm/pci/pci_bus.h"
#include "vm/pci/vga.h"
#include "vm/vfio/trap.h"
#include "vm/vfio/vga_window.h"

struct vfio_vga {
	struct pci_vga pci;
	struct vfio_device *dev;
	struct vfio_region region; /* offsets in it are addresses of memory and numbers of ports */
	const char *name;
	struct pci_host *host;
	const struct vfio_traps *traps;
	struct loop *loop;
	struct loop_timer timer;

	pthread_mutex_t lock; /* of what follows */
	bool open;
	struct vga_window window;
	bool active;     /* the timer runs */
	bool coalesced;  /* the frame buffer's writes are queued */
	bool written;    /* since the timer last ran */
	unsigned unused; /* how often it found nothing written */
};

/*
 * Gives @pci legacy VGA; it is not on a bus yet, but will be below @host. @traps: the ports that
 * are answered otherwise. @direct: every access is made at once. -ENODEV where the kernel does not
 * offer it for this device.
 */
int vfio_vga_open(struct vfio_vga *vga, struct pci_dev *pci, struct vfio_device *dev,
	struct pci_host *host, const struct vfio_traps *traps, struct loop *loop, bool direct,
	struct err *err);
/* Nothing routes to it any more. On the loop's thread. Safe where it was not opened. */
void vfio_vga_close(struct vfio_vga *vga);

/* The device was reset: what the guest told it is forgotten. */
void vfio_vga_reset(struct vfio_vga *vga);

/* The hardware's, past the overlays. */
u64 vfio_vga_hw_read(struct vfio_vga *vga, u32 addr, unsigned size);
void vfio_vga_hw_write(struct vfio_vga *vga, u32 addr, unsigned size, u64 value);

/* Before another access of the device. Cheap where nothing waits. */
void vfio_vga_settle(struct vfio_vga *vga);

#endif
