// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots and their contexts: 4.5, 4.6, 6.2. */
#include "vm/xhci/internal.h"

#define ADD  4 /* offset of the flags in an input control context; those to drop are at 0 */
#define SLOT 1 /* bits of these flags */
#define EP0  2

#define INPUT_SIZE(dcis) (XHCI_CONTEXT * ((dcis) + 1))

/* In a slot context. */
#define ENTRIES_SHIFT 27
#define STATE_SHIFT   27
#define SLOT_BYTES    16

enum xhci_code xhci_enable_slot(struct xhci *x, unsigned *id)
{
	for (unsigned n = 1; n <= XHCI_NR_SLOTS && n <= x->config; n++) {
		struct xhci_slot *slot = xhci_slot(x, n);

		if (slot->enabled)
			continue;
		slot->enabled = true;
		slot->state = SLOT_ENABLED;
		*id = n;
		return XHCI_SUCCESS;
	}
	*id = 0;
	return XHCI_NO_SLOTS;
}

void xhci_disable_slot(struct xhci *x, struct xhci_slot *slot)
{
	for (unsigned dci = 1; dci < XHCI_NR_DCIS; dci++) {
		xhci_ep_drop(x, slot, dci);
		xhci_td_free(&slot->eps[dci].td);
	}
	*slot = (struct xhci_slot){ 0 };
}

/* Writes the guest's copy of the slot context: @fields as the input has them, and the state. */
static bool write_slot(struct xhci *x, struct xhci_slot *slot, const u8 fields[SLOT_BYTES])
{
	u8 bytes[SLOT_BYTES];
	u32 address = slot->state >= SLOT_ADDRESSED ? xhci_slot_id(x, slot) : 0;

	memcpy(bytes, fields, SLOT_BYTES);
	put_le32(bytes + 12, (u32)slot->state << STATE_SHIFT | address);
	return xhci_write(x, slot->context, bytes, sizeof(bytes));
}

/* Changes the state alone, and how many contexts are in use. */
static bool write_state(struct xhci *x, struct xhci_slot *slot, unsigned entries)
{
	u8 bytes[SLOT_BYTES];

	if (!xhci_read(x, slot->context, bytes, sizeof(bytes)))
		return false;
	put_le32(bytes, (get_le32(bytes) & ~(0x1fu << ENTRIES_SHIFT)) | entries << ENTRIES_SHIFT);
	return write_slot(x, slot, bytes);
}

/* The port that a slot context names, if a device is there and no other slot has it; else 0. */
static unsigned find_port(struct xhci *x, const struct xhci_slot *slot, const u8 *context)
{
	unsigned port = get_le32(context + 4) >> 16 & 0xff;

	if (!port || port > XHCI_NR_PORTS || get_le32(context) & 0xfffff || !x->ports[port - 1].dev)
		return 0;
	for (unsigned id = 1; id <= XHCI_NR_SLOTS; id++) {
		const struct xhci_slot *other = xhci_slot(x, id);

		if (other != slot && other->enabled && other->port == port)
			return 0;
	}
	return port;
}

enum xhci_code xhci_address_device(struct xhci *x, struct xhci_slot *slot, u64 input, bool block)
{
	u8 in[INPUT_SIZE(2)], pointer[8];
	unsigned port;

	if (!xhci_read(x, input, in, sizeof(in)) ||
		!xhci_read(x, x->dcbaap + 8 * xhci_slot_id(x, slot), pointer, sizeof(pointer)))
		return XHCI_TRB_ERROR;
	if (get_le32(in) || get_le32(in + ADD) != (SLOT | EP0))
		return XHCI_TRB_ERROR;
	if (slot->state > SLOT_DEFAULT || (block && slot->state != SLOT_ENABLED))
		return XHCI_CONTEXT_STATE;
	port = find_port(x, slot, in + XHCI_CONTEXT);
	if (!port || !(x->ports[port - 1].portsc & XHCI_PORT_PED))
		return XHCI_TRANSACTION_ERROR;
	slot->port = port;
	slot->context = get_le64(pointer) & ~63ull;
	slot->state = block ? SLOT_DEFAULT : SLOT_ADDRESSED;
	if (!write_slot(x, slot, in + XHCI_CONTEXT) ||
		!xhci_ep_enable(x, slot, 1, in + 2 * XHCI_CONTEXT)) {
		slot->state = SLOT_ENABLED;
		slot->port = 0;
		return XHCI_PARAMETER_ERROR;
	}
	return XHCI_SUCCESS;
}

/* Also for a slot that another device has taken the place of. */
static void disable_all(struct xhci *x, struct xhci_slot *slot)
{
	for (unsigned dci = 2; dci < XHCI_NR_DCIS; dci++)
		xhci_ep_disable(x, slot, dci);
}

static enum xhci_code deconfigure(struct xhci *x, struct xhci_slot *slot)
{
	if (slot->state < SLOT_ADDRESSED)
		return XHCI_CONTEXT_STATE;
	disable_all(x, slot);
	slot->state = SLOT_ADDRESSED;
	return write_state(x, slot, 1) ? XHCI_SUCCESS : XHCI_TRB_ERROR;
}

enum xhci_code xhci_configure(struct xhci *x, struct xhci_slot *slot, u64 input, bool all_off)
{
	u8 in[INPUT_SIZE(XHCI_NR_DCIS)];
	u32 drop, add;

	if (all_off)
		return deconfigure(x, slot);
	if (!xhci_read(x, input, in, sizeof(in)))
		return XHCI_TRB_ERROR;
	drop = get_le32(in);
	add = get_le32(in + ADD);
	if (drop & (SLOT | EP0) || (add & (SLOT | EP0)) != SLOT)
		return XHCI_TRB_ERROR;
	if (slot->state < SLOT_ADDRESSED)
		return XHCI_CONTEXT_STATE;
	for (unsigned dci = 2; dci < XHCI_NR_DCIS; dci++) {
		if ((drop | add) & BIT(dci))
			xhci_ep_disable(x, slot, dci);
		if (add & BIT(dci) && !xhci_ep_enable(x, slot, dci, in + (dci + 1) * XHCI_CONTEXT))
			return XHCI_PARAMETER_ERROR;
	}
	slot->state = SLOT_CONFIGURED;
	return write_state(x, slot, get_le32(in + XHCI_CONTEXT) >> ENTRIES_SHIFT) ? XHCI_SUCCESS
										  : XHCI_TRB_ERROR;
}

enum xhci_code xhci_evaluate(struct xhci *x, struct xhci_slot *slot, u64 input)
{
	u8 in[INPUT_SIZE(2)], out[2 * XHCI_CONTEXT];
	u32 add;

	if (!xhci_read(x, input, in, sizeof(in)) || get_le32(in))
		return XHCI_TRB_ERROR;
	add = get_le32(in + ADD);
	if (add & ~(u32)(SLOT | EP0))
		return XHCI_TRB_ERROR;
	if (slot->state < SLOT_DEFAULT)
		return XHCI_CONTEXT_STATE;
	if (!xhci_read(x, slot->context, out, sizeof(out)))
		return XHCI_TRB_ERROR;
	if (add & SLOT) { /* the exit latency, and the interrupter */
		memcpy(out + 4, in + XHCI_CONTEXT + 4, 2);
		out[10] = in[XHCI_CONTEXT + 10];
		out[11] = in[XHCI_CONTEXT + 11];
		if (!xhci_write(x, slot->context, out, 12))
			return XHCI_TRB_ERROR;
	}
	if (add & EP0 && !xhci_write(x, slot->context + XHCI_CONTEXT + 6, in + 2 * XHCI_CONTEXT + 6,
				 2)) /* the size of packets */
		return XHCI_TRB_ERROR;
	return XHCI_SUCCESS;
}

enum xhci_code xhci_reset_device(struct xhci *x, struct xhci_slot *slot)
{
	if (slot->state < SLOT_ADDRESSED)
		return XHCI_CONTEXT_STATE;
	disable_all(x, slot);
	slot->state = SLOT_DEFAULT;
	return write_state(x, slot, 1) ? XHCI_SUCCESS : XHCI_TRB_ERROR;
}
