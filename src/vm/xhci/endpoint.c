// SPDX-License-Identifier: GPL-2.0-or-later
/* Endpoints and their contexts: 4.6.8 to 4.6.10, 4.8.3, 6.2.3. */
#include "vm/xhci/internal.h"

#define CONTEXT_BYTES 20 /* of an endpoint's context that are in use */
#define STREAMS       0x7c00u
#define TYPE_CONTROL  4

static u64 context_of(const struct xhci_slot *slot, unsigned dci)
{
	return slot->context + dci * XHCI_CONTEXT;
}

void xhci_ep_drop(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct usb_device *dev = xhci_device(x, slot);
	struct xhci_ep *ep = &slot->eps[dci];

	if (ep->td.present && dev && dev->ops->cancel)
		dev->ops->cancel(dev, (u8)(dci / 2 | (dci & 1 ? USB_IN : 0)));
	ep->td.present = false;
}

void xhci_ep_set_state(
	struct xhci *x, struct xhci_slot *slot, unsigned dci, enum xhci_ep_state state)
{
	struct xhci_ep *ep = &slot->eps[dci];
	u64 context = context_of(slot, dci);
	u8 first, dequeue[8];

	ep->state = state;
	put_le64(dequeue, ep->ring.dequeue | ep->ring.cycle);
	if (xhci_read(x, context, &first, 1)) {
		first = (u8)((first & ~7) | state);
		xhci_write(x, context, &first, 1);
		xhci_write(x, context + 8, dequeue, sizeof(dequeue));
	}
}

bool xhci_ep_enable(
	struct xhci *x, struct xhci_slot *slot, unsigned dci, const u8 context[XHCI_CONTEXT])
{
	struct xhci_ep *ep = &slot->eps[dci];
	u8 bytes[CONTEXT_BYTES], type = get_le32(context + 4) >> 3 & 7;
	u64 dequeue = get_le64(context + 8);

	/* 1 to 3 are OUT, 5 to 7 IN; 4 is the control endpoint, which is both. */
	if (get_le32(context) & STREAMS || (dci == 1) != (type == TYPE_CONTROL) || !type ||
		(dci > 1 && (dci & 1) != (type > TYPE_CONTROL)))
		return false;
	xhci_ep_disable(x, slot, dci);
	ep->type = type;
	ep->ring = (struct xhci_ring){ dequeue & ~15ull, dequeue & TRB_CYCLE };
	memcpy(bytes, context, sizeof(bytes));
	if (!xhci_write(x, context_of(slot, dci), bytes, sizeof(bytes)))
		return false;
	xhci_ep_set_state(x, slot, dci, EP_RUNNING);
	return true;
}

void xhci_ep_disable(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct xhci_ep *ep = &slot->eps[dci];

	if (ep->state == EP_DISABLED)
		return;
	xhci_ep_drop(x, slot, dci);
	xhci_ep_set_state(x, slot, dci, EP_DISABLED);
	slot->pending &= ~BIT(dci);
}

enum xhci_code xhci_ep_reset(struct xhci *x, struct xhci_slot *slot, unsigned dci, bool preserve)
{
	if (slot->eps[dci].state != EP_HALTED)
		return XHCI_CONTEXT_STATE;
	if (!preserve)
		xhci_ep_drop(x, slot, dci);
	xhci_ep_set_state(x, slot, dci, EP_STOPPED);
	return XHCI_SUCCESS;
}

/* A transfer of which a part is done stays, to go on from there: 4.6.9. */
enum xhci_code xhci_ep_stop(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct xhci_ep *ep = &slot->eps[dci];

	if (ep->state == EP_DISABLED)
		return XHCI_ENDPOINT_NOT_ENABLED;
	if (ep->state != EP_RUNNING)
		return XHCI_CONTEXT_STATE;
	if (ep->td.present) {
		xhci_td_report(x, xhci_slot_id(x, slot), dci, &ep->td, XHCI_STOPPED);
		if (!ep->td.packet.actual)
			xhci_ep_drop(x, slot, dci);
	}
	xhci_ep_set_state(x, slot, dci, EP_STOPPED);
	slot->pending &= ~BIT(dci);
	return XHCI_SUCCESS;
}

enum xhci_code xhci_ep_set_dequeue(
	struct xhci *x, struct xhci_slot *slot, unsigned dci, const struct xhci_trb *command)
{
	struct xhci_ep *ep = &slot->eps[dci];

	if (ep->state == EP_DISABLED)
		return XHCI_ENDPOINT_NOT_ENABLED;
	if (ep->state != EP_STOPPED && ep->state != EP_ERROR)
		return XHCI_CONTEXT_STATE;
	if (command->status >> 16) /* a stream */
		return XHCI_TRB_ERROR;
	xhci_ep_drop(x, slot, dci);
	ep->ring = (struct xhci_ring){
		command->parameter & ~15ull,
		command->parameter & TRB_CYCLE,
	};
	xhci_ep_set_state(x, slot, dci, EP_STOPPED);
	return XHCI_SUCCESS;
}

void xhci_ep_ring(struct xhci *x, unsigned id, unsigned dci)
{
	struct xhci_slot *slot = xhci_slot(x, id);

	if (!dci || dci >= XHCI_NR_DCIS || !slot->enabled)
		return;
	if (slot->eps[dci].state == EP_STOPPED)
		xhci_ep_set_state(x, slot, dci, EP_RUNNING);
	if (slot->eps[dci].state != EP_RUNNING)
		return;
	slot->pending |= BIT(dci);
	xhci_wake(x);
}
