// SPDX-License-Identifier: GPL-2.0-or-later
/* Interrupters and event rings: 4.9.4, 4.17, 5.5.2. */
#include "base/eventfd.h"
#include "vm/xhci/internal.h"

#define MIN_SEGMENT 16u
#define MAX_SEGMENT 4096u

/* Whether the driver is told depends on MSI-X, which clears IP by itself: 4.17.5. */
static void signal_pending(struct xhci *x, unsigned n)
{
	struct xhci_interrupter *in = &x->interrupters[n];

	if (!(in->iman & XHCI_IMAN_IP) || !(in->iman & XHCI_IMAN_IE) ||
		!(x->usbcmd & XHCI_CMD_INTE) || !x->by_msix)
		return;
	in->iman &= ~XHCI_IMAN_IP;
	eventfd_signal(x->vectors[n]);
}

/* Moderation only delays interrupts, and is left out. */
static void interrupt(struct xhci *x, unsigned n)
{
	struct xhci_interrupter *in = &x->interrupters[n];

	x->usbsts |= XHCI_STS_EINT;
	/* The driver is about to look, and will say when it is done. */
	if (in->erdp & XHCI_ERDP_EHB)
		return;
	in->erdp |= XHCI_ERDP_EHB;
	in->iman |= XHCI_IMAN_IP;
	signal_pending(x, n);
}

void xhci_interrupt_all(struct xhci *x)
{
	for (unsigned n = 0; n < XHCI_NR_INTERRUPTERS; n++)
		signal_pending(x, n);
}

/* Reads the segment table, 6.5, once: the ring is what it says now. */
static void load(struct xhci *x, struct xhci_interrupter *in)
{
	u8 entry[16];

	in->stale = false;
	in->nr_segments = in->segment = in->index = 0;
	in->cycle = true;
	for (unsigned i = 0; i < in->erstsz && i < XHCI_MAX_SEGMENTS; i++) {
		if (!xhci_read(x, in->erstba + i * sizeof(entry), entry, sizeof(entry)))
			break;
		in->segments[i].address = get_le64(entry) & ~63ull;
		in->segments[i].size = get_le32(entry + 8) & 0xffff;
		if (in->segments[i].size < MIN_SEGMENT || in->segments[i].size > MAX_SEGMENT)
			break;
		in->nr_segments = i + 1;
	}
	if (in->nr_segments != in->erstsz)
		in->nr_segments = 0;
}

static u32 total(const struct xhci_interrupter *in)
{
	u32 nr = 0;

	for (unsigned i = 0; i < in->nr_segments; i++)
		nr += in->segments[i].size;
	return nr;
}

/* How many events there is room for. One place stays free. */
static u32 room(const struct xhci_interrupter *in)
{
	u64 erdp = in->erdp & ~15ull;
	u32 before = 0, dequeue = 0, enqueue = 0, all = total(in);
	bool found = false;

	for (unsigned i = 0; i < in->nr_segments; i++) {
		u64 offset = erdp - in->segments[i].address;

		if (!found && offset < (u64)in->segments[i].size * XHCI_TRB) {
			dequeue = before + (u32)(offset / XHCI_TRB);
			found = true;
		}
		if (i == in->segment)
			enqueue = before + in->index;
		before += in->segments[i].size;
	}
	return found ? (dequeue + all - enqueue - 1) % all : 0;
}

bool xhci_event_room(struct xhci *x, u32 interrupters)
{
	for (unsigned n = 0; n < XHCI_NR_INTERRUPTERS; n++) {
		struct xhci_interrupter *in = &x->interrupters[n];

		if (in->stale)
			load(x, in);
		if (interrupters & BIT(n) && in->nr_segments && room(in) < XHCI_EVENT_ROOM)
			return false;
	}
	return true;
}

static void put(struct xhci *x, struct xhci_interrupter *in, u64 parameter, u32 status, u32 control)
{
	u64 address = in->segments[in->segment].address + in->index * XHCI_TRB;
	u8 *at = mem_ram_ptr(&x->ram, address, XHCI_TRB);

	if (!at) {
		xhci_die(x, "an event ring is not in RAM");
		return;
	}
	put_le64(at, parameter);
	put_le32(at + 8, status);
	/* The cycle bit tells the driver that the event is valid. */
	__atomic_store_n((u32 *)(void *)(at + 12), htole32(control | in->cycle), __ATOMIC_RELEASE);
	if (++in->index < in->segments[in->segment].size)
		return;
	in->index = 0;
	if (++in->segment < in->nr_segments)
		return;
	in->segment = 0;
	in->cycle = !in->cycle;
}

void xhci_event(
	struct xhci *x, unsigned interrupter, u64 parameter, u32 status, u32 control, bool quiet)
{
	struct xhci_interrupter *in = &x->interrupters[interrupter % XHCI_NR_INTERRUPTERS];
	u32 free;

	if (in->stale)
		load(x, in);
	free = in->nr_segments ? room(in) : 0;
	if (!free) {
		log_guest("USB controller: an event is lost: its ring has no room");
		return;
	}
	/* The last place says that there are more, 4.9.4. */
	if (free == 1)
		put(x, in, 0, (u32)XHCI_RING_FULL << 24, TRB_CONTROLLER_EVENT << 10);
	else
		put(x, in, parameter, status, control);
	if (!quiet)
		interrupt(x, (unsigned)(in - x->interrupters));
}

u32 xhci_interrupter_read(const struct xhci *x, unsigned n, u32 reg)
{
	const struct xhci_interrupter *in = &x->interrupters[n];

	switch (reg) {
	case XHCI_IMAN:
		return in->iman;
	case XHCI_IMOD:
		return in->imod;
	case XHCI_ERSTSZ:
		return in->erstsz;
	case XHCI_ERSTBA:
		return (u32)in->erstba;
	case XHCI_ERSTBA + 4:
		return (u32)(in->erstba >> 32);
	case XHCI_ERDP:
		return (u32)in->erdp;
	case XHCI_ERDP + 4:
		return (u32)(in->erdp >> 32);
	}
	return 0;
}

static bool is_empty(const struct xhci_interrupter *in)
{
	return in->stale || !in->nr_segments ||
	       (in->erdp & ~15ull) == in->segments[in->segment].address + in->index * XHCI_TRB;
}

static void write_iman(struct xhci *x, unsigned n, u32 value)
{
	struct xhci_interrupter *in = &x->interrupters[n];

	if (value & XHCI_IMAN_IP)
		in->iman &= ~XHCI_IMAN_IP;
	in->iman = (in->iman & XHCI_IMAN_IP) | (value & XHCI_IMAN_IE);
	signal_pending(x, n);
}

static void write_erdp(struct xhci *x, unsigned n, u32 value)
{
	struct xhci_interrupter *in = &x->interrupters[n];
	u32 busy = in->erdp & XHCI_ERDP_EHB;

	if (value & XHCI_ERDP_EHB)
		busy = 0;
	in->erdp = (in->erdp & ~0xffffffffull) | (value & ~(u32)XHCI_ERDP_EHB) | busy;
	if (!busy && !is_empty(in))
		interrupt(x, n);
	/* What waited for room. */
	xhci_wake(x);
}

void xhci_interrupter_write(struct xhci *x, unsigned n, u32 reg, u32 value)
{
	struct xhci_interrupter *in = &x->interrupters[n];

	switch (reg) {
	case XHCI_IMAN:
		write_iman(x, n, value);
		break;
	case XHCI_IMOD:
		in->imod = value;
		break;
	case XHCI_ERSTSZ:
		in->erstsz = value & 0xffff;
		break;
	case XHCI_ERSTBA:
		in->erstba = (in->erstba & ~0xffffffffull) | (value & ~63u);
		in->stale = true;
		break;
	case XHCI_ERSTBA + 4:
		in->erstba = (u32)in->erstba | (u64)value << 32;
		in->stale = true;
		break;
	case XHCI_ERDP:
		write_erdp(x, n, value);
		break;
	case XHCI_ERDP + 4:
		in->erdp = (u32)in->erdp | (u64)value << 32;
		xhci_wake(x);
		break;
	}
}
