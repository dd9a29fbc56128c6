// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfer descriptors: 4.11 and 6.4.1; the events at their end: 4.10.1. */
#include <errno.h>
#include <stdlib.h>

#include "vm/xhci/internal.h"

#define LENGTH      0x1ffffu
#define TARGET(trb) ((trb)->status >> 22)
#define RESIDUE     0xffffffu
#define FIRST_ROOM  4u
#define MAX_IOV(nr) ((nr) + 2 * MEM_RAM_PARTS)
#define DCI_IN(dci) ((dci)&1)

static bool has_data(const struct xhci_trb *trb)
{
	enum xhci_trb_type type = trb_type(trb->control);

	return type == TRB_NORMAL || type == TRB_DATA || type == TRB_ISOCH;
}

void xhci_td_free(struct xhci_td *td)
{
	free(td->trbs);
	free(td->iov);
	*td = (struct xhci_td){ 0 };
}

static int grow(struct xhci_td *td)
{
	unsigned room = td->room ? 2 * td->room : FIRST_ROOM;
	struct xhci_trb *trbs;
	struct iovec *iov;

	if (room > XHCI_MAX_TD)
		return -EINVAL;
	trbs = realloc(td->trbs, room * sizeof(*trbs));
	if (!trbs)
		return -ENOMEM;
	td->trbs = trbs;
	iov = realloc(td->iov, MAX_IOV(room) * sizeof(*iov));
	if (!iov)
		return -ENOMEM;
	td->iov = iov;
	td->room = room;
	return 0;
}

/* Adds the guest's memory of a TRB, which may lie in several parts of RAM. */
static int add_memory(const struct xhci *x, struct xhci_td *td, u64 address, u32 size)
{
	while (size) {
		const struct mem_ram_part *part = mem_ram_find(&x->ram, address);
		u64 offset, n;

		if (!part || td->packet.nr_iov == MAX_IOV(td->room))
			return -EINVAL;
		offset = address - part->range.start;
		n = part->range.size - offset;
		if (n > size)
			n = size;
		td->iov[td->packet.nr_iov++] = (struct iovec){ part->host + offset, n };
		td->packet.size += (u32)n;
		address += n;
		size -= (u32)n;
	}
	return 0;
}

/* A TRB of immediate data has it in place of an address; it is the only one with data then. */
static int add_data(const struct xhci *x, struct xhci_td *td, const struct xhci_trb *trb)
{
	u32 size = trb->status & LENGTH;

	if (!(trb->control & TRB_IDT))
		return add_memory(x, td, trb->parameter, size);
	if (size > sizeof(td->immediate) || td->packet.size)
		return -EINVAL;
	put_le64(td->immediate, trb->parameter);
	td->iov[td->packet.nr_iov++] = (struct iovec){ td->immediate, size };
	td->packet.size = size;
	return 0;
}

static int add_trb(
	const struct xhci *x, struct xhci_td *td, const struct xhci_trb *trb, bool control)
{
	int ret = td->nr == td->room ? grow(td) : 0;

	if (ret)
		return ret;
	td->trbs[td->nr++] = *trb;
	if (TARGET(trb) < XHCI_NR_INTERRUPTERS)
		td->targets |= BIT(TARGET(trb));
	switch (trb_type(trb->control)) {
	case TRB_SETUP:
		if (!control || td->nr != 1 || !(trb->control & TRB_IDT))
			return -EINVAL;
		put_le64(td->setup, trb->parameter);
		td->in = td->setup[0] & USB_IN;
		return 0;
	case TRB_DATA:
	case TRB_STATUS:
		if (!control || td->nr == 1)
			return -EINVAL;
		break;
	case TRB_NORMAL:
	case TRB_EVENT_DATA:
	case TRB_NOOP:
		if (control && td->nr == 1 && trb_type(trb->control) == TRB_NORMAL)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	return has_data(trb) ? add_data(x, td, trb) : 0;
}

/*
 * The stages of a control transfer are descriptors of their own, and are taken together here. Its
 * end is that of its status stage.
 */
int xhci_td_read(const struct xhci *x, struct xhci_ep *ep, bool control)
{
	struct xhci_ring ring = ep->ring;
	struct xhci_td *td = &ep->td;
	bool staged = false;
	int ret;

	td->nr = 0;
	td->targets = 0;
	td->packet = (struct usb_packet){ 0 };
	for (;;) {
		enum xhci_trb_type type;
		struct xhci_trb trb;

		ret = xhci_ring_next(x, &ring, &trb);
		if (ret <= 0)
			return ret;
		ret = add_trb(x, td, &trb, control);
		if (ret)
			return ret;
		type = trb_type(trb.control);
		staged = (staged || type == TRB_SETUP) && type != TRB_STATUS;
		if (!staged && !(trb.control & TRB_CHAIN))
			break;
	}
	td->packet.iov = td->iov;
	td->next = ring;
	td->present = true;
	return 1;
}

/* Where in its transfer the events of a descriptor are. */
struct report {
	struct xhci *x;
	u32 control; /* slot and endpoint */
	enum xhci_code code;
	u32 left;      /* bytes that were transferred and are not accounted for yet */
	u32 collected; /* for event data */
	bool is_short, reported;
};

static void post(
	const struct report *r, const struct xhci_trb *trb, enum xhci_code code, u32 residue)
{
	xhci_event(r->x, TARGET(trb), trb->at, (u32)code << 24 | residue, r->control,
		trb->control & TRB_BEI);
}

/* An error belongs to the TRB in which it happened: the first that is not complete. */
static bool report_error(
	struct report *r, const struct xhci_trb *trb, u32 size, u32 done, bool last)
{
	bool here = last || trb_type(trb->control) == TRB_STATUS || (has_data(trb) && done < size);

	if (here)
		post(r, trb, r->code, size - done);
	return here;
}

static void report_event_data(struct report *r, const struct xhci_trb *trb)
{
	enum xhci_code code = r->is_short ? XHCI_SHORT_PACKET : XHCI_SUCCESS;

	if (trb->control & TRB_IOC)
		xhci_event(r->x, TARGET(trb), trb->parameter,
			(u32)code << 24 | (r->collected & RESIDUE), r->control | TRB_ED,
			trb->control & TRB_BEI);
	r->collected = 0;
}

static void report_trb(struct report *r, const struct xhci_trb *trb, u32 size, u32 done)
{
	if (trb_type(trb->control) == TRB_STATUS || trb_type(trb->control) == TRB_SETUP)
		r->is_short = r->reported = false;
	if (has_data(trb) && done < size)
		r->is_short = true;
	if (r->reported || !(trb->control & TRB_IOC || (r->is_short && trb->control & TRB_ISP)))
		return;
	post(r, trb, r->is_short ? XHCI_SHORT_PACKET : XHCI_SUCCESS, size - done);
	r->reported = r->is_short;
}

void xhci_td_report(
	struct xhci *x, unsigned slot, unsigned dci, const struct xhci_td *td, enum xhci_code code)
{
	struct report r = {
		.x = x,
		.control = slot << 24 | dci << 16 | TRB_TRANSFER_EVENT << 10,
		.code = code,
		.left = td->packet.actual,
	};

	for (unsigned i = 0; i < td->nr; i++) {
		const struct xhci_trb *trb = &td->trbs[i];
		u32 size = has_data(trb) ? trb->status & LENGTH : 0;
		u32 done = size < r.left ? size : r.left;

		r.left -= done;
		r.collected += done;
		if (code != XHCI_SUCCESS) {
			if (report_error(&r, trb, size, done, i + 1 == td->nr))
				return;
		} else if (trb_type(trb->control) == TRB_EVENT_DATA) {
			report_event_data(&r, trb);
		} else {
			report_trb(&r, trb, size, done);
		}
	}
}
