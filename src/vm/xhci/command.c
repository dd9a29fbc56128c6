// SPDX-License-Identifier: GPL-2.0-or-later
/* The command ring: 4.6. */
#include "vm/xhci/internal.h"

static void complete(struct xhci *x, u64 command, enum xhci_code code, unsigned slot)
{
	xhci_event(x, 0, command, (u32)code << 24, slot << 24 | TRB_COMMAND_EVENT << 10, false);
}

void xhci_command_stop(struct xhci *x)
{
	x->running_commands = x->ring_commands = false;
	complete(x, x->commands.dequeue, XHCI_RING_STOPPED, 0);
}

/* The context has one byte for each port, 6.2.6. Bandwidth costs nothing here. */
static enum xhci_code get_bandwidth(struct xhci *x, const struct xhci_trb *trb)
{
	u8 bytes[XHCI_NR_PORTS + 1];

	memset(bytes, 90, sizeof(bytes)); /* per cent */
	bytes[0] = 0;
	return xhci_write(x, trb->parameter & ~15ull, bytes, sizeof(bytes)) ? XHCI_SUCCESS
									    : XHCI_TRB_ERROR;
}

static enum xhci_code run_on_endpoint(
	struct xhci *x, struct xhci_slot *slot, const struct xhci_trb *trb)
{
	unsigned dci = trb->control >> 16 & 0x1f;

	if (!dci)
		return XHCI_TRB_ERROR;
	switch (trb_type(trb->control)) {
	case TRB_RESET_ENDPOINT:
		return xhci_ep_reset(x, slot, dci, trb->control & TRB_PRESERVE);
	case TRB_STOP_ENDPOINT:
		return xhci_ep_stop(x, slot, dci);
	default:
		return xhci_ep_set_dequeue(x, slot, dci, trb);
	}
}

static enum xhci_code run_on_slot(
	struct xhci *x, struct xhci_slot *slot, const struct xhci_trb *trb)
{
	u64 input = trb->parameter & ~15ull;

	switch (trb_type(trb->control)) {
	case TRB_DISABLE_SLOT:
		xhci_disable_slot(x, slot);
		return XHCI_SUCCESS;
	case TRB_ADDRESS_DEVICE:
		return xhci_address_device(x, slot, input, trb->control & TRB_BSR);
	case TRB_CONFIGURE_ENDPOINT:
		return xhci_configure(x, slot, input, trb->control & TRB_DC);
	case TRB_EVALUATE_CONTEXT:
		return xhci_evaluate(x, slot, input);
	case TRB_RESET_DEVICE:
		return xhci_reset_device(x, slot);
	default:
		return run_on_endpoint(x, slot, trb);
	}
}

static enum xhci_code run(struct xhci *x, const struct xhci_trb *trb, unsigned *id)
{
	*id = trb->control >> 24;
	switch (trb_type(trb->control)) {
	case TRB_NOOP_COMMAND:
		*id = 0;
		return XHCI_SUCCESS;
	case TRB_ENABLE_SLOT:
		return xhci_enable_slot(x, id);
	case TRB_GET_BANDWIDTH:
		return get_bandwidth(x, trb);
	case TRB_DISABLE_SLOT:
	case TRB_ADDRESS_DEVICE:
	case TRB_CONFIGURE_ENDPOINT:
	case TRB_EVALUATE_CONTEXT:
	case TRB_RESET_DEVICE:
	case TRB_RESET_ENDPOINT:
	case TRB_STOP_ENDPOINT:
	case TRB_SET_DEQUEUE:
		if (!*id || *id > XHCI_NR_SLOTS)
			return XHCI_TRB_ERROR;
		if (!xhci_slot(x, *id)->enabled)
			return XHCI_SLOT_NOT_ENABLED;
		return run_on_slot(x, xhci_slot(x, *id), trb);
	default:
		return XHCI_TRB_ERROR;
	}
}

bool xhci_command_step(struct xhci *x)
{
	struct xhci_trb trb;
	enum xhci_code code;
	unsigned id;
	int ret;

	if (!x->ring_commands || !xhci_event_room(x, BIT(0)))
		return false;
	ret = xhci_ring_next(x, &x->commands, &trb);
	if (ret < 0) {
		xhci_die(x, "the command ring is not in RAM");
		return false;
	}
	x->ring_commands = ret;
	if (!ret)
		return false;
	code = run(x, &trb, &id);
	complete(x, trb.at, code, id);
	return true;
}
