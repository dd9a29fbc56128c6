/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The legacy VGA of an assigned graphics card, through VFIO's VGA region: the host's VGA arbiter
 * routes each access to this card and to no other. pci/vga.h says which of the guest's accesses
 * come here.
 *
 * While the guest writes to the frame buffer, its writes are coalesced (struct bus_coalesced), and
 * vga_window.h merges them. They reach the card before any other access of this device that exits,
 * and at the latest after VGA_DELAY_NS. After a second without a write, coalescing is turned off
 * again.
 *
 * Embedded in the function. Any vCPU may access it; the timer runs on the loop's thread. vga.lock
 * is the innermost lock: no other is taken while it is held. Traps are called with the lock of the
 * PCI hierarchy held.
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
	struct vfio_region region; /* offsets are memory addresses and port numbers */
	const char *name;
	struct pci_host *host;
	const struct vfio_traps *traps;
	struct loop *loop;
	struct loop_timer timer;

	pthread_mutex_t lock; /* protects everything below */
	bool open;
	struct vga_window window;
	bool active;     /* the timer runs */
	bool coalesced;  /* the frame buffer's writes are coalesced */
	bool written;    /* since the timer last expired */
	unsigned unused; /* timer periods without a write */
};

/*
 * Gives @pci legacy VGA; it is not on a bus yet, but will be below @host. @traps: ports that tenon
 * handles itself. @direct: make every access at once, do not merge any. -ENODEV if the kernel does
 * not offer VGA for this device.
 */
int vfio_vga_open(struct vfio_vga *vga, struct pci_dev *pci, struct vfio_device *dev,
	struct pci_host *host, const struct vfio_traps *traps, struct loop *loop, bool direct,
	struct err *err);
/* Nothing may be routed to it any more. Called on the loop's thread. Safe if it was not opened. */
void vfio_vga_close(struct vfio_vga *vga);

/* The device was reset: forgets the register values that the guest wrote. */
void vfio_vga_reset(struct vfio_vga *vga);

/* Access the hardware and bypass the traps. */
u64 vfio_vga_hw_read(struct vfio_vga *vga, u32 addr, unsigned size);
void vfio_vga_hw_write(struct vfio_vga *vga, u32 addr, unsigned size, u64 value);

/* Call it before any other access to the device: flushes queued writes. Cheap if there are none. */
void vfio_vga_settle(struct vfio_vga *vga);

#endif
