// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_xhci.h"

#include <string.h>

#include "base/bytes.h"
#include "unit.h"

#define RING_SIZE (FXHCI_TRBS * XHCI_TRB)
#define IR(n)     (XHCI_RUNTIME + XHCI_INTERRUPTERS + 0x20 * (n))

static u64 now_of(const struct clock *clock)
{
	return container_of(clock, const struct fxhci, clock)->now;
}

void fxhci_open(struct fxhci *f)
{
	struct err err = { 0 };

	memset(f, 0, sizeof(*f));
	f->clock = (struct clock){ now_of, now_of };
	guest_open(&f->guest);
	assert_int_equal(xhci_open(&f->xhci, &f->clock, true, &err), 0);
	assert_int_equal(xhci_attach(&f->xhci, &f->guest.host, GUEST_DEVFN, &err), 0);
	guest_config_write(&f->guest, PCI_BASE_ADDRESS_0, 4, GUEST_BAR);
	guest_config_write(&f->guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	f->dcbaa = guest_alloc(&f->guest, 4096, 4096);
	f->input = guest_alloc(&f->guest, 4096, 4096);
	f->output = guest_alloc(&f->guest, 4096, 4096);
	f->data = guest_alloc(&f->guest, MIB, 4096);
}

void fxhci_close(struct fxhci *f)
{
	xhci_close(&f->xhci);
	guest_close(&f->guest);
}

u32 fxhci_read(struct fxhci *f, u32 reg)
{
	return (u32)bus_read(&f->guest.mmio, GUEST_BAR + reg, 4);
}

void fxhci_write(struct fxhci *f, u32 reg, u32 value)
{
	bus_write(&f->guest.mmio, GUEST_BAR + reg, 4, value);
}

u32 fxhci_portsc(struct fxhci *f, unsigned port)
{
	return fxhci_read(f, XHCI_PORTS + 16 * (port - 1));
}

void fxhci_set_portsc(struct fxhci *f, unsigned port, u32 value)
{
	fxhci_write(f, XHCI_PORTS + 16 * (port - 1), value);
}

/* A ring whose last TRB leads to the first; events have no link. */
static void open_ring(struct fxhci *f, struct fxhci_ring *ring, bool link)
{
	*ring = (struct fxhci_ring){ .at = guest_alloc(&f->guest, RING_SIZE, 4096), .cycle = true };
	if (link) {
		u8 *at = guest_at(&f->guest, ring->at + RING_SIZE - XHCI_TRB);

		put_le64(at, ring->at);
		put_le32(at + 12, TRB_LINK << 10 | TRB_TOGGLE);
	}
}

static void open_events(struct fxhci *f, unsigned n)
{
	u64 table = guest_alloc(&f->guest, 64, 64);

	open_ring(f, &f->events[n], false);
	put_le64(guest_at(&f->guest, table), f->events[n].at);
	put_le32(guest_at(&f->guest, table + 8), FXHCI_TRBS);
	fxhci_write(f, IR(n) + XHCI_ERSTSZ, 1);
	bus_write(&f->guest.mmio, GUEST_BAR + IR(n) + XHCI_ERDP, 8, f->events[n].at);
	bus_write(&f->guest.mmio, GUEST_BAR + IR(n) + XHCI_ERSTBA, 8, table);
	fxhci_write(f, IR(n) + XHCI_IMAN, XHCI_IMAN_IE);
}

void fxhci_start(struct fxhci *f)
{
	open_ring(f, &f->commands, true);
	fxhci_write(f, XHCI_OPER + XHCI_CONFIG, XHCI_NR_SLOTS);
	bus_write(&f->guest.mmio, GUEST_BAR + XHCI_OPER + XHCI_DCBAAP, 8, f->dcbaa);
	bus_write(&f->guest.mmio, GUEST_BAR + XHCI_OPER + XHCI_CRCR, 8,
		f->commands.at | XHCI_CRCR_RCS);
	for (unsigned n = 0; n < ARRAY_SIZE(f->events); n++)
		open_events(f, n);
	fxhci_write(f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_RS | XHCI_CMD_INTE);
	assert_int_equal(fxhci_read(f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_HCH, 0);
}

void fxhci_msix(struct fxhci *f)
{
	u16 cap = (u16)guest_config_read(&f->guest, PCI_CAPABILITY_LIST, 1);

	while (guest_config_read(&f->guest, cap, 1) != PCI_CAP_ID_MSIX)
		cap = (u16)guest_config_read(&f->guest, cap + 1, 1);
	guest_config_write(&f->guest, cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	for (u32 i = 0; i < XHCI_NR_INTERRUPTERS; i++) {
		fxhci_write(f, XHCI_TABLE + 16 * i, (u32)GUEST_MSI);
		fxhci_write(f, XHCI_TABLE + 16 * i + 8, 0x40 + i);
		fxhci_write(f, XHCI_TABLE + 16 * i + 12, 0);
	}
}

void fxhci_run(struct fxhci *f)
{
	for (unsigned i = 0; i < 200 && xhci_step(&f->xhci); i++)
		continue;
	guest_step(&f->guest);
}

bool fxhci_take(struct fxhci *f, unsigned interrupter, struct fxhci_event *event)
{
	struct fxhci_ring *ring = &f->events[interrupter];
	const u8 *at = guest_at(&f->guest, ring->at + ring->next * XHCI_TRB);

	if ((get_le32(at + 12) & TRB_CYCLE) != ring->cycle)
		return false;
	*event = (struct fxhci_event){ get_le64(at), get_le32(at + 8), get_le32(at + 12) };
	if (++ring->next == FXHCI_TRBS) {
		ring->next = 0;
		ring->cycle = !ring->cycle;
	}
	bus_write(&f->guest.mmio, GUEST_BAR + IR(interrupter) + XHCI_ERDP, 8,
		(ring->at + ring->next * XHCI_TRB) | XHCI_ERDP_EHB);
	return true;
}

u64 fxhci_put(struct fxhci *f, struct fxhci_ring *ring, u64 parameter, u32 status, u32 control)
{
	u64 address = ring->at + ring->next * XHCI_TRB;
	u8 *at = guest_at(&f->guest, address);

	put_le64(at, parameter);
	put_le32(at + 8, status);
	put_le32(at + 12, control | ring->cycle);
	if (++ring->next == FXHCI_TRBS - 1) {
		at = guest_at(&f->guest, ring->at + RING_SIZE - XHCI_TRB);
		put_le32(
			at + 12, TRB_LINK << 10 | TRB_TOGGLE | (control & TRB_CHAIN) | ring->cycle);
		ring->next = 0;
		ring->cycle = !ring->cycle;
	}
	return address;
}

/* The next event of a type. */
static u32 await(struct fxhci *f, enum xhci_trb_type type)
{
	while (fxhci_take(f, 0, &f->last))
		if (trb_type(f->last.control) == type)
			return f->last.status >> 24;
	return FXHCI_NONE;
}

u32 fxhci_command(struct fxhci *f, u64 parameter, u32 status, u32 control)
{
	u64 address = fxhci_put(f, &f->commands, parameter, status, control);
	u32 code;

	fxhci_write(f, XHCI_DOORBELL, 0);
	fxhci_run(f);
	code = await(f, TRB_COMMAND_EVENT);
	if (code != FXHCI_NONE)
		assert_int_equal(f->last.parameter, address);
	return code;
}

void fxhci_ring_doorbell(struct fxhci *f, unsigned slot, unsigned dci)
{
	fxhci_write(f, XHCI_DOORBELL + 4 * slot, dci);
	fxhci_run(f);
}

u32 fxhci_transferred(struct fxhci *f)
{
	return await(f, TRB_TRANSFER_EVENT);
}

static u8 *context(struct fxhci *f, unsigned n)
{
	return guest_at(&f->guest, f->input + n * XHCI_CONTEXT);
}

static void fill_endpoint(struct fxhci *f, unsigned dci, u8 type, u16 packet)
{
	u8 *at = context(f, dci + 1);

	open_ring(f, &f->rings[dci], true);
	memset(at, 0, XHCI_CONTEXT);
	put_le32(at + 4, 3u << 1 | (u32)type << 3 | (u32)packet << 16);
	put_le64(at + 8, f->rings[dci].at | TRB_CYCLE);
	put_le32(at + 16, packet);
}

void fxhci_address(struct fxhci *f, unsigned port)
{
	memset(guest_at(&f->guest, f->input), 0, 4096);
	memset(guest_at(&f->guest, f->output), 0, 4096);
	fxhci_set_portsc(f, port, XHCI_PORT_PP | XHCI_PORT_PR);
	assert_int_equal(fxhci_command(f, 0, 0, TRB_ENABLE_SLOT << 10), XHCI_SUCCESS);
	assert_int_equal(f->last.control >> 24, 1);
	put_le64(guest_at(&f->guest, f->dcbaa + 8), f->output);
	put_le32(context(f, 0) + 4, 3);
	put_le32(context(f, 1), 1u << 27);
	put_le32(context(f, 1) + 4, port << 16);
	fill_endpoint(f, 1, 4, 64);
	assert_int_equal(
		fxhci_command(f, f->input, 0, TRB_ADDRESS_DEVICE << 10 | 1u << 24), XHCI_SUCCESS);
}

void fxhci_endpoint(struct fxhci *f, unsigned dci, u8 type, u16 packet)
{
	put_le32(context(f, 0), 0);
	put_le32(context(f, 0) + 4, 1 | BIT(dci));
	put_le32(context(f, 1), dci << 27);
	fill_endpoint(f, dci, type, packet);
	assert_int_equal(fxhci_command(f, f->input, 0, TRB_CONFIGURE_ENDPOINT << 10 | 1u << 24),
		XHCI_SUCCESS);
}

u32 fxhci_control(struct fxhci *f, u16 request, u16 value, u16 index, u16 length)
{
	struct fxhci_ring *ring = &f->rings[1];
	bool in = request & 0x8000;
	u64 setup = (u64)length << 48 | (u64)index << 32 | (u64)value << 16 |
		    (u64)(request & 0xff) << 8 | request >> 8;

	fxhci_put(f, ring, setup, 8, TRB_SETUP << 10 | TRB_IDT | (length ? 2u + in : 0) << 16);
	if (length)
		fxhci_put(f, ring, f->data, length, TRB_DATA << 10 | (in ? TRB_IN : 0));
	fxhci_put(f, ring, 0, 0, TRB_STATUS << 10 | TRB_IOC | (in && length ? 0 : TRB_IN));
	fxhci_ring_doorbell(f, 1, 1);
	return fxhci_transferred(f);
}

u32 fxhci_bulk(struct fxhci *f, unsigned dci, u32 size)
{
	fxhci_put(f, &f->rings[dci], f->data, size, TRB_NORMAL << 10 | TRB_IOC | TRB_ISP);
	fxhci_ring_doorbell(f, 1, dci);
	return fxhci_transferred(f);
}

u8 *fxhci_data(struct fxhci *f)
{
	return guest_at(&f->guest, f->data);
}
