// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfers and their events: xHCI 1.1, chapters 4.9 to 4.11. */
#include "unit.h"

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_xhci.h"

#define SLOT_1   (1u << 24)
#define BULK_IN  3 /* endpoints' numbers in the context */
#define BULK_OUT 4
#define NORMAL   (TRB_NORMAL << 10)

/* A device that gives @ready bytes, n the value n, takes as many, or stalls. */
struct toy {
	struct usb_device dev;
	u32 ready;
	bool stalls, short_end;
	unsigned cancelled;
	u32 taken;
	u8 bytes[4096];
};

static struct toy *of(struct usb_device *dev)
{
	return container_of(dev, struct toy, dev);
}

static void toy_reset(struct usb_device *dev)
{
}

static enum usb_status toy_control(
	struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	if (of(dev)->stalls)
		return USB_STALL;
	if (setup[0] & USB_IN)
		usb_packet_put(data, of(dev)->bytes, of(dev)->ready);
	else
		of(dev)->taken = usb_packet_get(data, of(dev)->bytes, sizeof(of(dev)->bytes));
	return USB_DONE;
}

static enum usb_status toy_transfer(struct usb_device *dev, u8 endpoint, struct usb_packet *packet)
{
	struct toy *toy = of(dev);
	u32 n;

	if (toy->stalls)
		return USB_STALL;
	if (endpoint & USB_IN)
		n = usb_packet_put(packet, toy->bytes, toy->ready);
	else
		n = usb_packet_get(packet, toy->bytes, toy->ready);
	toy->ready -= n;
	toy->taken += n;
	return packet->actual == packet->size || (n && toy->short_end) ? USB_DONE : USB_NAK;
}

static void toy_cancel(struct usb_device *dev, u8 endpoint)
{
	of(dev)->cancelled++;
}

static const struct usb_device_ops toy_ops = {
	.reset = toy_reset,
	.control = toy_control,
	.transfer = toy_transfer,
	.cancel = toy_cancel,
};

struct bench {
	struct fxhci f;
	struct toy toy;
};

static void open_bench(struct bench *b)
{
	struct err err = { 0 };

	fxhci_open(&b->f);
	b->toy = (struct toy){ .dev = { .ops = &toy_ops, .speed = USB_SUPER } };
	for (unsigned i = 0; i < sizeof(b->toy.bytes); i++)
		b->toy.bytes[i] = (u8)i;
	assert_int_equal(xhci_plug(&b->f.xhci, &b->toy.dev, &err), 0);
	fxhci_start(&b->f);
	fxhci_address(&b->f, 1);
	fxhci_endpoint(&b->f, BULK_IN, 6, 1024);
	fxhci_endpoint(&b->f, BULK_OUT, 2, 1024);
}

static void close_bench(struct bench *b)
{
	xhci_unplug(&b->f.xhci, &b->toy.dev);
	fxhci_close(&b->f);
}

static u64 put(struct bench *b, unsigned dci, u32 offset, u32 size, u32 flags)
{
	return fxhci_put(&b->f, &b->f.rings[dci], b->f.data + offset, size, flags);
}

/* The device has something for its endpoint. */
static void tell(struct bench *b, u8 endpoint, u32 bytes)
{
	pthread_mutex_lock(&b->f.xhci.lock);
	b->toy.ready = bytes;
	usb_ready(&b->toy.dev, endpoint);
	pthread_mutex_unlock(&b->f.xhci.lock);
	fxhci_run(&b->f);
}

static void control_transfers(void **state)
{
	struct bench b;

	open_bench(&b);
	b.toy.ready = 18;
	assert_int_equal(fxhci_control(&b.f, 0x8006, 0x100, 0, 64), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[17], 17);
	assert_int_equal(fxhci_data(&b.f)[18], 0);
	/* Without data, and with data for the device. */
	assert_int_equal(fxhci_control(&b.f, 0x0009, 1, 0, 0), XHCI_SUCCESS);
	fxhci_data(&b.f)[0] = 0x5a;
	assert_int_equal(fxhci_control(&b.f, 0x2109, 0x200, 0, 2), XHCI_SUCCESS);
	assert_int_equal(b.toy.taken, 2);
	assert_int_equal(b.toy.bytes[0], 0x5a);
	/* A stall halts the endpoint, until the driver resets it and goes past the request. */
	b.toy.stalls = true;
	assert_int_equal(fxhci_control(&b.f, 0x8006, 0x600, 0, 10), XHCI_STALL);
	b.toy.stalls = false;
	fxhci_ring_doorbell(&b.f, 1, 1);
	assert_int_equal(fxhci_transferred(&b.f), FXHCI_NONE);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_RESET_ENDPOINT << 10 | SLOT_1 | 1 << 16),
		XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, (b.f.rings[1].at + b.f.rings[1].next * XHCI_TRB) | 1,
				 0, TRB_SET_DEQUEUE << 10 | SLOT_1 | 1 << 16),
		XHCI_SUCCESS);
	assert_int_equal(fxhci_control(&b.f, 0x0009, 1, 0, 0), XHCI_SUCCESS);
	close_bench(&b);
}

static void a_short_packet_says_what_is_left(void **state)
{
	struct bench b;
	u64 first;

	open_bench(&b);
	b.toy.short_end = true;
	b.toy.ready = 300;
	/* Two pieces of 512 bytes in one transfer: it ends in the first. */
	first = put(&b, BULK_IN, 0, 512, NORMAL | TRB_CHAIN | TRB_ISP);
	put(&b, BULK_IN, 512, 512, NORMAL | TRB_IOC | TRB_ISP);
	fxhci_ring_doorbell(&b.f, 1, BULK_IN);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SHORT_PACKET);
	assert_int_equal(b.f.last.parameter, first);
	assert_int_equal(b.f.last.status & 0xffffff, 212);
	assert_int_equal(fxhci_transferred(&b.f), FXHCI_NONE);
	/* Who asks for an event at the end alone gets it there. */
	b.toy.ready = 300;
	put(&b, BULK_IN, 0, 512, NORMAL | TRB_CHAIN);
	first = put(&b, BULK_IN, 512, 512, NORMAL | TRB_IOC);
	fxhci_ring_doorbell(&b.f, 1, BULK_IN);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SHORT_PACKET);
	assert_int_equal(b.f.last.parameter, first);
	close_bench(&b);
}

/* Windows' way: the event is of a TRB of its own, which counts the bytes. */
static void event_data_counts_bytes(void **state)
{
	struct bench b;

	open_bench(&b);
	b.toy.short_end = true;
	for (u32 bytes = 700; bytes <= 1024; bytes += 324) {
		b.toy.ready = bytes;
		put(&b, BULK_IN, 0, 512, NORMAL | TRB_CHAIN);
		put(&b, BULK_IN, 512, 512, NORMAL | TRB_CHAIN);
		fxhci_put(&b.f, &b.f.rings[BULK_IN], 0x123456789abcdef0, 1u << 22,
			TRB_EVENT_DATA << 10 | TRB_IOC);
		fxhci_ring_doorbell(&b.f, 1, BULK_IN);
		/* It goes to the second interrupter. */
		assert_int_equal(fxhci_transferred(&b.f), FXHCI_NONE);
		assert_true(fxhci_take(&b.f, 1, &b.f.last));
		assert_int_equal(b.f.last.parameter, 0x123456789abcdef0);
		assert_int_equal(b.f.last.status & 0xffffff, bytes);
		assert_int_equal(
			b.f.last.status >> 24, bytes < 1024 ? XHCI_SHORT_PACKET : XHCI_SUCCESS);
		assert_true(b.f.last.control & TRB_ED);
	}
	close_bench(&b);
}

static void a_transfer_waits_for_its_device(void **state)
{
	struct bench b;

	open_bench(&b);
	assert_int_equal(fxhci_bulk(&b.f, BULK_IN, 512), FXHCI_NONE);
	tell(&b, 0x81, 300);
	assert_int_equal(fxhci_transferred(&b.f), FXHCI_NONE);
	tell(&b, 0x81, 212);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[299], 299 % 256);
	assert_int_equal(fxhci_data(&b.f)[300], 0);
	close_bench(&b);
}

/* A stopped transfer of which a part is done goes on where it was. */
static void a_stopped_transfer_goes_on(void **state)
{
	struct bench b;
	u64 at;

	open_bench(&b);
	b.toy.ready = 100;
	at = put(&b, BULK_OUT, 0, 512, NORMAL | TRB_IOC);
	fxhci_ring_doorbell(&b.f, 1, BULK_OUT);
	assert_int_equal(
		fxhci_command(&b.f, 0, 0, TRB_STOP_ENDPOINT << 10 | SLOT_1 | BULK_OUT << 16),
		FXHCI_NONE + XHCI_SUCCESS);
	tell(&b, 0x02, 412);
	assert_int_equal(fxhci_transferred(&b.f), FXHCI_NONE);
	fxhci_ring_doorbell(&b.f, 1, BULK_OUT);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_int_equal(b.f.last.parameter, at);
	assert_int_equal(b.toy.taken, 512);
	close_bench(&b);
}

/* The event of a stop comes before the command's, and names what was transferred. */
static void a_stop_tells_how_far_it_came(void **state)
{
	struct fxhci_event event;
	struct bench b;
	u64 at;

	open_bench(&b);
	b.toy.ready = 600;
	put(&b, BULK_IN, 0, 512, NORMAL | TRB_CHAIN);
	at = put(&b, BULK_IN, 512, 512, NORMAL | TRB_IOC);
	fxhci_ring_doorbell(&b.f, 1, BULK_IN);
	fxhci_put(&b.f, &b.f.commands, 0, 0, TRB_STOP_ENDPOINT << 10 | SLOT_1 | BULK_IN << 16);
	fxhci_write(&b.f, XHCI_DOORBELL, 0);
	fxhci_run(&b.f);
	assert_true(fxhci_take(&b.f, 0, &event));
	assert_int_equal(event.status >> 24, XHCI_STOPPED);
	assert_int_equal(event.parameter, at);
	assert_int_equal(event.status & 0xffffff, 512 - 88);
	assert_true(fxhci_take(&b.f, 0, &event));
	assert_int_equal(trb_type(event.control), TRB_COMMAND_EVENT);
	/* Taken back. */
	assert_int_equal(fxhci_command(&b.f,
				 (b.f.rings[BULK_IN].at + b.f.rings[BULK_IN].next * XHCI_TRB) | 1,
				 0, TRB_SET_DEQUEUE << 10 | SLOT_1 | BULK_IN << 16),
		XHCI_SUCCESS);
	assert_int_equal(b.toy.cancelled, 1);
	close_bench(&b);
}

static void immediate_data_is_in_the_ring(void **state)
{
	struct bench b;

	open_bench(&b);
	b.toy.ready = 4096;
	fxhci_put(&b.f, &b.f.rings[BULK_OUT], 0x1122334455667788, 6, NORMAL | TRB_IDT | TRB_IOC);
	fxhci_ring_doorbell(&b.f, 1, BULK_OUT);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_int_equal(b.toy.taken, 6);
	assert_int_equal(b.toy.bytes[0], 0x88);
	close_bench(&b);
}

/* More transfers than the ring has places, across its link; and no-ops between them. */
static void rings_wrap_around(void **state)
{
	struct bench b;

	open_bench(&b);
	for (unsigned i = 0; i < 3 * FXHCI_TRBS; i++) {
		b.toy.ready = 64;
		fxhci_put(&b.f, &b.f.rings[BULK_IN], 0, 0, TRB_NOOP << 10 | TRB_IOC);
		put(&b, BULK_IN, 0, 32, NORMAL | TRB_CHAIN);
		put(&b, BULK_IN, 32, 32, NORMAL | TRB_IOC);
		fxhci_ring_doorbell(&b.f, 1, BULK_IN);
		assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
		assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
		assert_int_equal(b.f.last.status & 0xffffff, 0);
	}
	close_bench(&b);
}

static void wrong_transfers_are_errors(void **state)
{
	static const struct {
		unsigned dci;
		u64 address;
		u32 size, control;
	} cases[] = {
		{ BULK_OUT, 1ull << 40, 16, NORMAL },          /* not in RAM */
		{ BULK_OUT, GUEST_RAM - 8, 16, NORMAL },       /* not all of it */
		{ BULK_OUT, 0, 9, NORMAL | TRB_IDT },          /* too much of it */
		{ BULK_OUT, 0, 8, TRB_SETUP << 10 | TRB_IDT }, /* no control endpoint */
		{ BULK_OUT, 0, 8, TRB_ISOCH << 10 }, { BULK_OUT, 0, 8, 60u << 10 },
		{ 1, 0x1000, 8, NORMAL }, /* no setup stage */
		{ 1, 0x1000, 8, TRB_DATA << 10 }, { 1, 0x1000, 0, TRB_STATUS << 10 },
		{ 1, 0x1000, 8, TRB_SETUP << 10 }, /* it is not in the TRB */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		open_bench(&b);
		fxhci_put(&b.f, &b.f.rings[cases[i].dci], cases[i].address, cases[i].size,
			cases[i].control | TRB_IOC);
		fxhci_ring_doorbell(&b.f, 1, cases[i].dci);
		assert_int_equal(fxhci_transferred(&b.f), XHCI_TRB_ERROR);
		assert_int_equal(b.f.last.parameter, b.f.rings[cases[i].dci].at);
		assert_int_equal(
			get_le32(guest_at(&b.f.guest, b.f.output + cases[i].dci * XHCI_CONTEXT)) &
				7,
			EP_ERROR);
		close_bench(&b);
	}
}

/* Links to themselves, and a chain without an end, are found out. */
static void endless_transfers_are_errors(void **state)
{
	struct bench b;

	open_bench(&b);
	for (unsigned i = 0; i < FXHCI_TRBS; i++)
		put(&b, BULK_OUT, 0, 1, NORMAL | TRB_CHAIN);
	/* The ring's link no longer toggles the cycle bit, so that it never ends. */
	put_le32(guest_at(&b.f.guest, b.f.rings[BULK_OUT].at + (FXHCI_TRBS - 1) * XHCI_TRB + 12),
		TRB_LINK << 10 | TRB_CYCLE);
	put_le32(guest_at(&b.f.guest, b.f.rings[BULK_OUT].at + 12), NORMAL | TRB_CHAIN | 1);
	fxhci_ring_doorbell(&b.f, 1, BULK_OUT);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_TRB_ERROR);
	put_le64(guest_at(&b.f.guest, b.f.rings[BULK_IN].at), b.f.rings[BULK_IN].at);
	put_le32(guest_at(&b.f.guest, b.f.rings[BULK_IN].at + 12), TRB_LINK << 10 | TRB_CYCLE);
	fxhci_ring_doorbell(&b.f, 1, BULK_IN);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_TRB_ERROR);
	close_bench(&b);
}

static void a_device_that_goes_ends_its_transfers(void **state)
{
	struct bench b;

	open_bench(&b);
	assert_int_equal(fxhci_bulk(&b.f, BULK_IN, 512), FXHCI_NONE);
	xhci_unplug(&b.f.xhci, &b.toy.dev);
	fxhci_run(&b.f);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_TRANSACTION_ERROR);
	assert_int_equal(fxhci_control(&b.f, 0x0009, 1, 0, 0), XHCI_TRANSACTION_ERROR);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_transfers),
		cmocka_unit_test(a_short_packet_says_what_is_left),
		cmocka_unit_test(event_data_counts_bytes),
		cmocka_unit_test(a_transfer_waits_for_its_device),
		cmocka_unit_test(a_stopped_transfer_goes_on),
		cmocka_unit_test(a_stop_tells_how_far_it_came),
		cmocka_unit_test(immediate_data_is_in_the_ring),
		cmocka_unit_test(rings_wrap_around),
		cmocka_unit_test(wrong_transfers_are_errors),
		cmocka_unit_test(endless_transfers_are_errors),
		cmocka_unit_test(a_device_that_goes_ends_its_transfers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
