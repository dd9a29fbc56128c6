/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB 3 host controller (eXtensible Host Controller Interface 1.1), with the emulated devices
 * that are plugged into it. It has ports for SuperSpeed first, and then as many for the other
 * speeds, which are not the same connectors.
 *
 * A register access never waits for work: doorbells wake the controller's thread, which takes
 * commands and transfers from guest memory, a bounded piece at a time. What it reads there it
 * copies once, and examines only the copy. The guest may write anything to registers and memory.
 * It has no INTx, no streams, no hubs, and no isochronous transfers.
 *
 * Locks: @lock, the controller's own, guards registers, rings and the devices behind the ports; it
 * is taken after the PCI hierarchy's, never before. The caller owns the struct.
 */
#ifndef VM_XHCI_XHCI_H
#define VM_XHCI_XHCI_H

#include "base/clock.h"
#include "vm/pci/msix.h"
#include "vm/pci/pci_bus.h"
#include "vm/usb/usb.h"
#include "vm/xhci/regs.h"

#define XHCI_NR_SUPER        8                   /* ports for SuperSpeed: 1 to 8 */
#define XHCI_NR_PORTS        (2 * XHCI_NR_SUPER) /* the others are for all other speeds */
#define XHCI_NR_SLOTS        32
#define XHCI_NR_INTERRUPTERS 8
#define XHCI_MAX_SEGMENTS    16   /* of an event ring */
#define XHCI_MAX_TD          1024 /* TRBs */

struct xhci_trb {
	u64 parameter;
	u32 status, control;
	u64 at; /* its address */
};

/* Where the controller is in a ring that the guest fills. */
struct xhci_ring {
	u64 dequeue;
	bool cycle;
};

/* A transfer descriptor that was read from a ring, and is not done yet. */
struct xhci_td {
	bool present;
	struct xhci_trb *trbs;
	unsigned nr, room;
	struct iovec *iov;
	u8 immediate[8];
	u8 setup[USB_SETUP];
	bool in;
	u32 targets; /* the interrupters that its events go to */
	struct usb_packet packet;
	struct xhci_ring next; /* after it */
};

struct xhci_ep {
	enum xhci_ep_state state;
	u8 type;
	struct xhci_ring ring;
	struct xhci_td td;
};

struct xhci_slot {
	bool enabled;
	enum xhci_slot_state state;
	unsigned port; /* 0: none yet */
	u64 context;   /* the guest's copy of the device context */
	u32 pending;   /* endpoints that may have work: a bit for each DCI */
	struct xhci_ep eps[XHCI_NR_DCIS];
};

struct xhci_interrupter {
	u32 iman, imod, erstsz;
	u64 erstba, erdp;
	struct {
		u64 address;
		u32 size; /* TRBs */
	} segments[XHCI_MAX_SEGMENTS];
	bool stale;           /* the segment table is to be read again */
	unsigned nr_segments; /* 0: there is no ring */
	unsigned segment, index;
	bool cycle;
};

struct xhci_port {
	struct usb_device *dev;
	u32 portsc;
	bool told; /* no change has happened since the last event */
};

struct xhci {
	pthread_mutex_t lock;
	struct mem *mem;
	struct mem_ram ram; /* guest RAM when the controller was started */
	const struct clock *clock;
	u32 usbcmd, usbsts, dnctrl, config;
	u64 crcr, dcbaap;
	struct xhci_ring commands;
	bool running_commands;                 /* CRR */
	bool ring_commands;                    /* the doorbell was rung */
	bool master;                           /* Bus Master is set */
	u64 started;                           /* when MFINDEX was 0, ns */
	struct xhci_port ports[XHCI_NR_PORTS]; /* number 1 is the first */
	struct xhci_slot slots[XHCI_NR_SLOTS]; /* likewise */
	struct xhci_interrupter interrupters[XHCI_NR_INTERRUPTERS];

	struct pci_dev pci;
	struct pci_msix msix;
	struct pci_msix_source sources[XHCI_NR_INTERRUPTERS];
	int vectors[XHCI_NR_INTERRUPTERS]; /* eventfds */
	bool by_msix;

	bool is_open;
	bool has_thread, stop; /* @stop is atomic */
	pthread_t thread;
	int wake; /* eventfd */
};

/* @no_thread: for tests, which call xhci_step(). */
int xhci_open(struct xhci *xhci, const struct clock *clock, bool no_thread, struct err *err);
/* Attaches the controller to the root bus as function @devfn. */
int xhci_attach(struct xhci *xhci, struct pci_host *host, u8 devfn, struct err *err);
/* No vCPU runs, and no device is plugged in. Safe on a zeroed struct. */
void xhci_close(struct xhci *xhci);

/*
 * Plugs a device into the first free port of its speed; -ENOSPC if there is none. It stays where it
 * is until xhci_unplug(), which is safe for a device that is not plugged in.
 */
int xhci_plug(struct xhci *xhci, struct usb_device *dev, struct err *err);
void xhci_unplug(struct xhci *xhci, struct usb_device *dev);

/* A round of the thread. Returns whether there is more to do. Takes the lock. */
bool xhci_step(struct xhci *xhci);

#endif
