// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings of TRBs that the guest fills, 4.9. */
#include <errno.h>

#include "vm/xhci/internal.h"

#define MAX_LINKS 32 /* in a row */

bool xhci_read(const struct xhci *x, u64 address, void *bytes, u32 size)
{
	const void *at = mem_ram_ptr(&x->ram, address, size);

	if (!at)
		return false;
	memcpy(bytes, at, size);
	return true;
}

bool xhci_write(const struct xhci *x, u64 address, const void *bytes, u32 size)
{
	void *at = mem_ram_ptr(&x->ram, address, size);

	if (!at)
		return false;
	memcpy(at, bytes, size);
	return true;
}

/* The guest owns what is behind the cycle bit until it flips that, so this is read first. */
static bool read_trb(const struct xhci *x, u64 address, bool cycle, struct xhci_trb *trb)
{
	const u8 *at = mem_ram_ptr(&x->ram, address, XHCI_TRB);

	if (!at)
		return false;
	trb->control =
		le32toh(__atomic_load_n((const u32 *)(const void *)(at + 12), __ATOMIC_ACQUIRE));
	trb->at = address;
	if ((trb->control & TRB_CYCLE) == cycle) {
		trb->parameter = get_le64(at);
		trb->status = get_le32(at + 8);
	}
	return true;
}

int xhci_ring_next(const struct xhci *x, struct xhci_ring *ring, struct xhci_trb *trb)
{
	for (unsigned i = 0; i < MAX_LINKS; i++) {
		if (!read_trb(x, ring->dequeue, ring->cycle, trb))
			return -EFAULT;
		if ((trb->control & TRB_CYCLE) != ring->cycle)
			return 0;
		if (trb_type(trb->control) != TRB_LINK) {
			ring->dequeue += XHCI_TRB;
			return 1;
		}
		ring->dequeue = trb->parameter & ~15ull;
		if (trb->control & TRB_TOGGLE)
			ring->cycle = !ring->cycle;
	}
	return -ELOOP;
}
