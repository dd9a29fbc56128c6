/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A USB controller in the fake guest of fake_driver.h, and a driver that uses it by loads and
 * stores as a guest's driver does. Nothing runs by itself: fxhci_run() does the work of the thread.
 */
#ifndef FAKE_XHCI_H
#define FAKE_XHCI_H

#include "fake_driver.h"
#include "vm/xhci/xhci.h"

#define FXHCI_TRBS 64u /* of each ring; the last is the link */
#define FXHCI_NONE 0u  /* no event */

struct fxhci_ring {
	u64 at;
	unsigned next;
	bool cycle;
};

/* An event as the driver reads it. */
struct fxhci_event {
	u64 parameter;
	u32 status, control;
};

struct fxhci {
	struct guest guest;
	struct xhci xhci;
	struct clock clock;
	u64 now; /* ns */
	struct fxhci_ring commands;
	struct fxhci_ring events[2];           /* of the first interrupters */
	u64 dcbaa, input, output, data;        /* @data: 1 MiB */
	struct fxhci_ring rings[XHCI_NR_DCIS]; /* of the endpoints of the one slot in use */
	struct fxhci_event last;               /* of fxhci_command(), fxhci_transfer() */
};

void fxhci_open(struct fxhci *f);
void fxhci_close(struct fxhci *f);
u32 fxhci_read(struct fxhci *f, u32 reg);
void fxhci_write(struct fxhci *f, u32 reg, u32 value);
u32 fxhci_portsc(struct fxhci *f, unsigned port);
void fxhci_set_portsc(struct fxhci *f, unsigned port, u32 value);
/* Sets up the rings and starts the controller. */
void fxhci_start(struct fxhci *f);
/* Turns MSI-X on; vector @n sends GUEST_MSI with data 0x40 + n. */
void fxhci_msix(struct fxhci *f);
void fxhci_run(struct fxhci *f);

/* Takes the next event of an interrupter; false if there is none. */
bool fxhci_take(struct fxhci *f, unsigned interrupter, struct fxhci_event *event);
/* Puts a TRB into a ring, with its cycle bit, and returns its address. */
u64 fxhci_put(struct fxhci *f, struct fxhci_ring *ring, u64 parameter, u32 status, u32 control);
/* Does a command; returns its completion code, FXHCI_NONE without an event. */
u32 fxhci_command(struct fxhci *f, u64 parameter, u32 status, u32 control);
void fxhci_ring_doorbell(struct fxhci *f, unsigned slot, unsigned dci);
/* The next transfer event's completion code. Other events are skipped. */
u32 fxhci_transferred(struct fxhci *f);

/* Resets the port, makes slot 1 and gives the device its address. */
void fxhci_address(struct fxhci *f, unsigned port);
/* Configures an endpoint of slot 1; @type as in its context. */
void fxhci_endpoint(struct fxhci *f, unsigned dci, u8 type, u16 packet);
/* A request with @length bytes at @data. Returns the status stage's or an error's code. */
u32 fxhci_control(struct fxhci *f, u16 request, u16 value, u16 index, u16 length);
/* A transfer of @size bytes at @data, and what it was answered with. */
u32 fxhci_bulk(struct fxhci *f, unsigned dci, u32 size);
u8 *fxhci_data(struct fxhci *f);

#endif
