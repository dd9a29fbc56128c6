// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfers between the rings of endpoints and the devices: 4.10 and 4.11. */
#include "vm/xhci/internal.h"

static enum usb_status offer(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct usb_device *dev = xhci_device(x, slot);
	struct xhci_td *td = &slot->eps[dci].td;

	if (!dev || !(x->ports[slot->port - 1].portsc & XHCI_PORT_PED))
		return USB_LOST;
	/* No-ops and the like, which have no data to wait for. */
	if (dci == 1 && trb_type(td->trbs[0].control) != TRB_SETUP)
		return USB_DONE;
	if (dci == 1)
		return dev->ops->control(dev, td->setup, &td->packet);
	for (unsigned i = 0; i < td->nr; i++)
		if (trb_type(td->trbs[i].control) == TRB_NORMAL)
			return dev->ops->transfer(
				dev, (u8)(dci / 2 | (dci & 1 ? USB_IN : 0)), &td->packet);
	return USB_DONE;
}

static void fail(struct xhci *x, struct xhci_slot *slot, unsigned dci, enum xhci_code code,
	enum xhci_ep_state state)
{
	struct xhci_ep *ep = &slot->eps[dci];

	ep->td.present = false;
	slot->pending &= ~BIT(dci);
	xhci_td_report(x, xhci_slot_id(x, slot), dci, &ep->td, code);
	xhci_ep_set_state(x, slot, dci, state);
}

/* The guest's ring is wrong. */
static void fail_ring(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct xhci_td *td = &slot->eps[dci].td;

	log_guest("USB controller: slot %u, endpoint %u: a transfer is wrong",
		xhci_slot_id(x, slot), dci);
	if (!td->nr)
		xhci_event(x, 0, slot->eps[dci].ring.dequeue, (u32)XHCI_TRB_ERROR << 24,
			xhci_slot_id(x, slot) << 24 | dci << 16 | TRB_TRANSFER_EVENT << 10, false);
	td->packet.actual = 0;
	fail(x, slot, dci, XHCI_TRB_ERROR, EP_ERROR);
}

/* Reads a transfer unless there is one. Returns whether there is one now. */
static bool take_td(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct xhci_ep *ep = &slot->eps[dci];
	int ret;

	if (ep->td.present)
		return true;
	ret = xhci_td_read(x, ep, dci == 1);
	if (!ret)
		slot->pending &= ~BIT(dci);
	else if (ret < 0)
		fail_ring(x, slot, dci);
	return ret > 0;
}

bool xhci_transfer_step(struct xhci *x, struct xhci_slot *slot, unsigned dci)
{
	struct xhci_ep *ep = &slot->eps[dci];
	enum usb_status status;

	if (ep->state != EP_RUNNING) {
		slot->pending &= ~BIT(dci);
		return false;
	}
	/* For a wrong ring, and then for where the transfer's own events go. */
	if (!xhci_event_room(x, BIT(0)) || !take_td(x, slot, dci) ||
		!xhci_event_room(x, ep->td.targets))
		return false;
	status = offer(x, slot, dci);
	switch (status) {
	case USB_NAK:
		slot->pending &= ~BIT(dci);
		return false;
	case USB_STALL:
		fail(x, slot, dci, XHCI_STALL, EP_HALTED);
		return false;
	case USB_LOST:
		fail(x, slot, dci, XHCI_TRANSACTION_ERROR, EP_HALTED);
		return false;
	case USB_DONE:
		break;
	}
	ep->td.present = false;
	ep->ring = ep->td.next;
	xhci_td_report(x, xhci_slot_id(x, slot), dci, &ep->td, XHCI_SUCCESS);
	return true;
}
