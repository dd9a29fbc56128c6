/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the controller's files. The lock is held in all functions that do not say otherwise. */
#ifndef VM_XHCI_INTERNAL_H
#define VM_XHCI_INTERNAL_H

#include "base/bytes.h"
#include "base/log.h"
#include "vm/xhci/xhci.h"

/* Events that one piece of work may post; it begins only if there is room for them. */
#define XHCI_EVENT_ROOM 4

static inline bool xhci_runs(const struct xhci *x)
{
	return x->usbcmd & XHCI_CMD_RS && x->master;
}

static inline struct xhci_slot *xhci_slot(struct xhci *x, unsigned id)
{
	return &x->slots[id - 1];
}

static inline unsigned xhci_slot_id(const struct xhci *x, const struct xhci_slot *slot)
{
	return (unsigned)(slot - x->slots) + 1;
}

/* The device behind a slot, or NULL. */
static inline struct usb_device *xhci_device(struct xhci *x, const struct xhci_slot *slot)
{
	return slot->port ? x->ports[slot->port - 1].dev : NULL;
}

/* registers.c: accesses to the BAR below XHCI_TABLE. They take the lock. */
u64 xhci_register_read(struct xhci *x, u32 offset, unsigned size);
void xhci_register_write(struct xhci *x, u32 offset, unsigned size, u64 value);
/* Sets the state after power-on, as HCRST does. */
void xhci_reset(struct xhci *x);
/* The guest's structures in memory are nonsense: the controller stops until it is reset. */
void xhci_die(struct xhci *x, const char *what);
/* Has the thread look for work. */
void xhci_wake(struct xhci *x);

/* ports.c: numbers from 1 on. */
void xhci_port_reset_all(struct xhci *x);
void xhci_port_write(struct xhci *x, unsigned port, u32 value);
void xhci_port_attach(struct xhci *x, unsigned port, struct usb_device *dev);
void xhci_port_detach(struct xhci *x, unsigned port);
/* Posts the events that are due. */
void xhci_port_events(struct xhci *x);

/* ring.c: the guest's memory. @size is at most a page or so. They fail if it is not in RAM. */
bool xhci_read(const struct xhci *x, u64 address, void *bytes, u32 size);
bool xhci_write(const struct xhci *x, u64 address, const void *bytes, u32 size);
/*
 * Reads the next TRB that is no link. Returns 1; 0 if the guest has not put one there; -EFAULT if
 * it is not in RAM; -ELOOP for a ring of links alone.
 */
int xhci_ring_next(const struct xhci *x, struct xhci_ring *ring, struct xhci_trb *trb);

/* events.c */
u32 xhci_interrupter_read(const struct xhci *x, unsigned n, u32 reg);
void xhci_interrupter_write(struct xhci *x, unsigned n, u32 reg, u32 value);
/* Whether the event rings of these interrupters have room for what a piece of work may post. */
bool xhci_event_room(struct xhci *x, u32 interrupters);
/* Posts an event, or loses it if there is no room, or no ring. */
void xhci_event(
	struct xhci *x, unsigned interrupter, u64 parameter, u32 status, u32 control, bool quiet);
/* After a change of INTE. */
void xhci_interrupt_all(struct xhci *x);

/* command.c: takes one command. Returns whether there may be another. */
bool xhci_command_step(struct xhci *x);
/* The guest stops or aborts the command ring. */
void xhci_command_stop(struct xhci *x);

/* slot.c: what commands do with slots. They return completion codes. */
enum xhci_code xhci_enable_slot(struct xhci *x, unsigned *id);
/* Does not touch the guest's memory, which may be something else by now. */
void xhci_disable_slot(struct xhci *x, struct xhci_slot *slot);
enum xhci_code xhci_address_device(struct xhci *x, struct xhci_slot *slot, u64 input, bool block);
enum xhci_code xhci_configure(struct xhci *x, struct xhci_slot *slot, u64 input, bool deconfigure);
enum xhci_code xhci_evaluate(struct xhci *x, struct xhci_slot *slot, u64 input);
enum xhci_code xhci_reset_device(struct xhci *x, struct xhci_slot *slot);

/* endpoint.c: what commands and doorbells do with endpoints. */
enum xhci_code xhci_ep_reset(struct xhci *x, struct xhci_slot *slot, unsigned dci, bool preserve);
enum xhci_code xhci_ep_stop(struct xhci *x, struct xhci_slot *slot, unsigned dci);
enum xhci_code xhci_ep_set_dequeue(
	struct xhci *x, struct xhci_slot *slot, unsigned dci, const struct xhci_trb *command);
void xhci_ep_ring(struct xhci *x, unsigned slot, unsigned dci);
/* Sets the endpoint up from its context of 20 bytes. False if the context cannot be. */
bool xhci_ep_enable(
	struct xhci *x, struct xhci_slot *slot, unsigned dci, const u8 context[XHCI_CONTEXT]);
/* The transfer that waits is taken back from the device. */
void xhci_ep_drop(struct xhci *x, struct xhci_slot *slot, unsigned dci);
void xhci_ep_disable(struct xhci *x, struct xhci_slot *slot, unsigned dci);
/* Changes the state, also in the guest's copy of the context. */
void xhci_ep_set_state(
	struct xhci *x, struct xhci_slot *slot, unsigned dci, enum xhci_ep_state state);

/* transfer.c: does a piece of an endpoint's work. Returns whether there may be more now. */
bool xhci_transfer_step(struct xhci *x, struct xhci_slot *slot, unsigned dci);

/* td.c: reads the next transfer. As xhci_ring_next(); also -EINVAL: it is wrong. */
int xhci_td_read(const struct xhci *x, struct xhci_ep *ep, bool control);
void xhci_td_free(struct xhci_td *td);
/* Posts the events of a transfer that has ended. */
void xhci_td_report(
	struct xhci *x, unsigned slot, unsigned dci, const struct xhci_td *td, enum xhci_code code);

#endif
