// SPDX-License-Identifier: GPL-2.0-or-later
/* A USB device of the host behind the guest's controller; the test is the process that has it. */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_irq.h"
#include "fake_xhci.h"
#include "vm/usbhost/device.h"

#define GENERATION 3
#define BULK_IN    3
#define BULK_OUT   4
#define IN         0x81
#define OUT        0x02

static struct bench {
	struct fxhci f;
	struct usb_host host;
	struct usb_link_memory memory;
	int process;
	struct usb_link_message asked;
} b;

static int plug(void *owner, struct usb_device *dev, struct err *err)
{
	return xhci_plug(owner, dev, err);
}

static void unplug(void *owner, struct usb_device *dev)
{
	xhci_unplug(owner, dev);
}

static const struct usb_host_ops ops = { plug, unplug };

static void say(u8 kind, u8 endpoint, u8 status, u32 size, bool more)
{
	const struct usb_link_message message = { .generation = GENERATION,
		.kind = kind,
		.endpoint = endpoint,
		.status = status,
		.size = size,
		.more = more };

	send(b.process, &message, sizeof(message), 0);
	assert_true(usb_host_hear(&b.host));
	fxhci_run(&b.f);
}

/* What the process was asked for last; false if nothing. */
static bool was_asked(u8 kind)
{
	return recv(b.process, &b.asked, sizeof(b.asked), 0) == sizeof(b.asked) &&
	       b.asked.kind == kind && b.asked.generation == GENERATION;
}

static int set_up(void **state)
{
	int pair[2];

	memset(&b, 0, sizeof(b));
	fxhci_open(&b.f);
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair);
	b.process = pair[1];
	usb_host_init(&b.host, "1:2", pair[0], &b.memory, &ops, &b.f.xhci);
	say(USB_LINK_PLUGGED, 0, USB_SUPER, 0, false);
	fxhci_start(&b.f);
	fxhci_address(&b.f, 1);
	fxhci_endpoint(&b.f, BULK_IN, 6, 1024);
	fxhci_endpoint(&b.f, BULK_OUT, 2, 1024);
	return 0;
}

static int tear_down(void **state)
{
	usb_host_lose(&b.host);
	close(b.host.link);
	close(b.process);
	fxhci_close(&b.f);
	return 0;
}

static void test_control(void **state)
{
	assert_int_equal(fxhci_control(&b.f, 0x8006, 0x0100, 0, 18), FXHCI_NONE);
	assert_true(was_asked(USB_LINK_CONTROL));
	assert_int_equal(usb_value(b.asked.setup), 0x0100);
	memset(b.memory.data[0], 0x5a, 18);
	say(USB_LINK_ENDED, 0, USB_DONE, 18, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[17], 0x5a);
	fxhci_data(&b.f)[0] = 0x77;
	assert_int_equal(fxhci_control(&b.f, 0x2109, 0, 0, 4), FXHCI_NONE);
	assert_true(was_asked(USB_LINK_CONTROL));
	assert_int_equal(b.asked.size, 4);
	assert_int_equal(b.memory.data[0][0], 0x77);
	say(USB_LINK_ENDED, 0, USB_STALL, 0, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_STALL);
}

static void test_in(void **state)
{
	assert_int_equal(fxhci_bulk(&b.f, BULK_IN, 1000), FXHCI_NONE);
	assert_true(was_asked(USB_LINK_TRANSFER));
	assert_int_equal(b.asked.endpoint, IN);
	assert_int_equal(b.asked.size, 1000);
	memset(b.memory.data[17], 0x11, 600);
	say(USB_LINK_ENDED, IN, USB_DONE, 600, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SHORT_PACKET);
	assert_int_equal(b.f.last.status & 0xffffff, 400);
	assert_int_equal(fxhci_data(&b.f)[599], 0x11);
}

/* A transfer larger than the memory goes on until the device has no more. */
static void test_pieces(void **state)
{
	fxhci_put(&b.f, &b.f.rings[BULK_IN], b.f.data, 65536, TRB_NORMAL << 10 | TRB_CHAIN);
	fxhci_put(&b.f, &b.f.rings[BULK_IN], b.f.data + 65536, 65536,
		TRB_NORMAL << 10 | TRB_IOC | TRB_ISP);
	fxhci_ring_doorbell(&b.f, 1, BULK_IN);
	assert_true(was_asked(USB_LINK_TRANSFER));
	assert_int_equal(b.asked.size, 131072);
	memset(b.memory.data[17], 1, 65536);
	say(USB_LINK_ENDED, IN, USB_DONE, 65536, true);
	assert_true(was_asked(USB_LINK_TRANSFER));
	assert_int_equal(b.asked.size, 65536);
	memset(b.memory.data[17], 2, 65536);
	say(USB_LINK_ENDED, IN, USB_DONE, 65536, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[65535], 1);
	assert_int_equal(fxhci_data(&b.f)[131071], 2);
}

static void test_out(void **state)
{
	memset(fxhci_data(&b.f), 0x33, 512);
	assert_int_equal(fxhci_bulk(&b.f, BULK_OUT, 512), FXHCI_NONE);
	assert_true(was_asked(USB_LINK_TRANSFER));
	assert_int_equal(b.asked.size, 512);
	assert_int_equal(b.memory.data[2][511], 0x33);
	say(USB_LINK_ENDED, OUT, USB_DONE, 512, true);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_false(was_asked(USB_LINK_TRANSFER));
	/* More than was asked for cannot be done. */
	assert_int_equal(fxhci_bulk(&b.f, BULK_OUT, 512), FXHCI_NONE);
	say(USB_LINK_ENDED, OUT, USB_DONE, 0xffffffff, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
}

static u32 stop(unsigned dci)
{
	return fxhci_command(&b.f, 0, 0, TRB_STOP_ENDPOINT << 10 | 1u << 24 | dci << 16);
}

/* The guest takes a transfer back; what the device had sent by then is for the next one. */
static void test_cancel(void **state)
{
	fxhci_bulk(&b.f, BULK_IN, 1000);
	assert_true(was_asked(USB_LINK_TRANSFER));
	assert_int_equal(stop(BULK_IN), XHCI_SUCCESS);
	assert_true(was_asked(USB_LINK_CANCEL));
	fxhci_command(&b.f, (b.f.rings[BULK_IN].at + 16 * b.f.rings[BULK_IN].next) | 1, 0,
		TRB_SET_DEQUEUE << 10 | 1u << 24 | BULK_IN << 16);
	/* Nothing is asked for before the old request has ended. */
	assert_int_equal(fxhci_bulk(&b.f, BULK_IN, 100), FXHCI_NONE);
	assert_false(was_asked(USB_LINK_TRANSFER));
	memset(b.memory.data[17], 0x99, 120);
	say(USB_LINK_ENDED, IN, USB_LOST, 120, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[99], 0x99);
	assert_int_equal(fxhci_bulk(&b.f, BULK_IN, 100), XHCI_SHORT_PACKET);
	assert_int_equal(b.f.last.status & 0xffffff, 80);
}

/* A reset forgets all of that, and the device is reset once. */
static void test_reset(void **state)
{
	fxhci_bulk(&b.f, BULK_IN, 1000);
	assert_true(was_asked(USB_LINK_TRANSFER));
	fxhci_set_portsc(&b.f, 1, XHCI_PORT_PP | XHCI_PORT_PR);
	assert_true(was_asked(USB_LINK_CANCEL));
	assert_true(was_asked(USB_LINK_RESET));
	fxhci_set_portsc(&b.f, 1, XHCI_PORT_PP | XHCI_PORT_PR);
	assert_false(was_asked(USB_LINK_RESET));
	say(USB_LINK_ENDED, IN, USB_LOST, 120, false);
	/* The transfer is offered again, as the guest has not taken it back. */
	assert_true(was_asked(USB_LINK_TRANSFER));
	say(USB_LINK_ENDED, IN, USB_STALL, 0, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_STALL);
}

static void test_gone(void **state)
{
	fxhci_bulk(&b.f, BULK_IN, 1000);
	assert_true(was_asked(USB_LINK_TRANSFER));
	say(USB_LINK_GONE, 0, 0, 0, false);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_TRANSACTION_ERROR);
	assert_int_equal(fxhci_portsc(&b.f, 1) & XHCI_PORT_CCS, 0);
	/* Late, and about nothing. */
	say(USB_LINK_ENDED, IN, USB_DONE, 100, false);
	say(USB_LINK_GONE, 0, 0, 0, false);
	say(USB_LINK_PLUGGED, 0, USB_HIGH, 0, false);
	assert_int_not_equal(fxhci_portsc(&b.f, XHCI_NR_SUPER + 1) & XHCI_PORT_CCS, 0);
	close(b.process);
	assert_false(usb_host_hear(&b.host));
	b.process = -1;
}

/* What a process says that has been taken over. */
static void test_lies(void **state)
{
	say(USB_LINK_ENDED, IN, USB_DONE, 100, true);
	say(USB_LINK_ENDED, 0xff, 77, 0xffffffff, true);
	say(99, 0xff, 77, 0, true);
	fxhci_bulk(&b.f, BULK_IN, 100);
	assert_true(was_asked(USB_LINK_TRANSFER));
	say(USB_LINK_ENDED, IN, 77, 0xffffffff, true);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_TRANSACTION_ERROR);
	say(USB_LINK_PLUGGED, 0, 99, 0, false);
	assert_int_equal(fxhci_portsc(&b.f, 1) & XHCI_PORT_CCS, 0);
	send(b.process, "short", 5, 0);
	assert_true(usb_host_hear(&b.host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_control, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lies, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
