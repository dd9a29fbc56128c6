// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands, slots and the states of endpoints: xHCI 1.1, chapters 4.5, 4.6 and 4.8. */
#include "unit.h"

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_xhci.h"
#include "vm/usb/hid.h"

#define PORT   (XHCI_NR_SUPER + 1)
#define SLOT_1 (1u << 24)
#define EP(n)  ((u32)(n) << 16)

/* A mouse is plugged in. */
struct bench {
	struct fxhci f;
	struct usb_hid mouse;
};

static void open_bench(struct bench *b)
{
	struct err err = { 0 };

	fxhci_open(&b->f);
	usb_hid_open(&b->mouse, USB_MOUSE, &b->f.clock);
	assert_int_equal(xhci_plug(&b->f.xhci, &b->mouse.dev, &err), 0);
	fxhci_start(&b->f);
}

static void close_bench(struct bench *b)
{
	xhci_unplug(&b->f.xhci, &b->mouse.dev);
	fxhci_close(&b->f);
}

/* A dword of the output context @n: 0 the slot, then the endpoints. */
static u32 out(struct bench *b, unsigned n, unsigned dword)
{
	return get_le32(guest_at(&b->f.guest, b->f.output + n * XHCI_CONTEXT + 4 * dword));
}

static void commands_are_judged(void **state)
{
	static const struct {
		u32 status, control;
		u32 code;
	} cases[] = {
		{ 0, TRB_NOOP_COMMAND << 10, XHCI_SUCCESS },
		{ 0, 47u << 10, XHCI_TRB_ERROR },
		{ 0, TRB_NORMAL << 10, XHCI_TRB_ERROR },
		{ 0, TRB_DISABLE_SLOT << 10, XHCI_TRB_ERROR }, /* no slot */
		{ 0, TRB_DISABLE_SLOT << 10 | 33u << 24, XHCI_TRB_ERROR },
		{ 0, TRB_DISABLE_SLOT << 10 | 2u << 24, XHCI_SLOT_NOT_ENABLED },
		{ 0, TRB_RESET_DEVICE << 10 | 2u << 24, XHCI_SLOT_NOT_ENABLED },
		{ 0, TRB_CONFIGURE_ENDPOINT << 10 | 2u << 24, XHCI_SLOT_NOT_ENABLED },
		/* Slot 1 is addressed, and has its control endpoint alone. */
		{ 0, TRB_STOP_ENDPOINT << 10 | SLOT_1, XHCI_TRB_ERROR },
		{ 0, TRB_STOP_ENDPOINT << 10 | SLOT_1 | EP(3), XHCI_ENDPOINT_NOT_ENABLED },
		{ 0, TRB_RESET_ENDPOINT << 10 | SLOT_1 | EP(1), XHCI_CONTEXT_STATE },
		{ 0, TRB_SET_DEQUEUE << 10 | SLOT_1 | EP(1), XHCI_CONTEXT_STATE },
		{ 0, TRB_SET_DEQUEUE << 10 | SLOT_1 | EP(3), XHCI_ENDPOINT_NOT_ENABLED },
		{ 0, TRB_STOP_ENDPOINT << 10 | SLOT_1 | EP(1), XHCI_SUCCESS },
		{ 0, TRB_STOP_ENDPOINT << 10 | SLOT_1 | EP(1), XHCI_CONTEXT_STATE },
		{ 1 << 16, TRB_SET_DEQUEUE << 10 | SLOT_1 | EP(1), XHCI_TRB_ERROR }, /* a stream */
		{ 0, TRB_SET_DEQUEUE << 10 | SLOT_1 | EP(1), XHCI_SUCCESS },
		{ 0, TRB_RESET_DEVICE << 10 | SLOT_1, XHCI_SUCCESS },
		{ 0, TRB_RESET_DEVICE << 10 | SLOT_1, XHCI_CONTEXT_STATE },
		{ 0, TRB_CONFIGURE_ENDPOINT << 10 | TRB_DC | SLOT_1, XHCI_CONTEXT_STATE },
		{ 0, TRB_DISABLE_SLOT << 10 | SLOT_1, XHCI_SUCCESS },
		{ 0, TRB_DISABLE_SLOT << 10 | SLOT_1, XHCI_SLOT_NOT_ENABLED },
	};
	struct bench b;

	open_bench(&b);
	fxhci_address(&b.f, PORT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			fxhci_command(&b.f, 0, cases[i].status, cases[i].control), cases[i].code);
	close_bench(&b);
}

static void a_device_gets_its_address(void **state)
{
	struct bench b;

	open_bench(&b);
	fxhci_address(&b.f, PORT);
	/* Addressed, address 1; endpoint 0 runs, and packets are of 64 bytes. */
	assert_int_equal(out(&b, 0, 3), (u32)SLOT_ADDRESSED << 27 | 1);
	assert_int_equal(out(&b, 0, 1), PORT << 16);
	assert_int_equal(out(&b, 1, 0) & 7, EP_RUNNING);
	assert_int_equal(out(&b, 1, 1) >> 16, 64);
	/* A second time is an error. */
	put_le32(guest_at(&b.f.guest, b.f.input + 4), 3);
	assert_int_equal(fxhci_command(&b.f, b.f.input, 0, TRB_ADDRESS_DEVICE << 10 | SLOT_1),
		XHCI_CONTEXT_STATE);
	/* And another slot cannot have the port. */
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_ENABLE_SLOT << 10), XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, b.f.input, 0, TRB_ADDRESS_DEVICE << 10 | 2u << 24),
		XHCI_TRANSACTION_ERROR);
	/* The larger packets that the device has said to want. */
	put_le32(guest_at(&b.f.guest, b.f.input + 4), 2);
	put_le32(guest_at(&b.f.guest, b.f.input + 2 * XHCI_CONTEXT + 4), 4u << 3 | 512u << 16);
	assert_int_equal(fxhci_command(&b.f, b.f.input, 0, TRB_EVALUATE_CONTEXT << 10 | SLOT_1),
		XHCI_SUCCESS);
	assert_int_equal(out(&b, 1, 1) >> 16, 512);
	close_bench(&b);
}

/* A wrong byte in the input context. */
static void input_contexts_are_judged(void **state)
{
	static const struct {
		unsigned context, dword;
		u32 value, code;
	} cases[] = {
		{ 0, 0, 4, XHCI_TRB_ERROR },                         /* something to drop */
		{ 0, 1, 1, XHCI_TRB_ERROR },                         /* no endpoint */
		{ 1, 0, 1u << 27 | 1, XHCI_TRANSACTION_ERROR },      /* behind a hub */
		{ 1, 1, 0, XHCI_TRANSACTION_ERROR },                 /* no port */
		{ 1, 1, 17u << 16, XHCI_TRANSACTION_ERROR },         /* such a port is not there */
		{ 1, 1, (PORT + 1) << 16, XHCI_TRANSACTION_ERROR },  /* nothing is plugged in */
		{ 2, 1, 2u << 3 | 64u << 16, XHCI_PARAMETER_ERROR }, /* no control endpoint */
		{ 2, 0, 1u << 10, XHCI_PARAMETER_ERROR },            /* streams */
	};
	struct bench b;

	open_bench(&b);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u8 *at = guest_at(&b.f.guest,
			b.f.input + cases[i].context * XHCI_CONTEXT + 4 * cases[i].dword);

		fxhci_address(&b.f, PORT);
		assert_int_equal(
			fxhci_command(&b.f, 0, 0, TRB_DISABLE_SLOT << 10 | SLOT_1), XHCI_SUCCESS);
		assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_ENABLE_SLOT << 10), XHCI_SUCCESS);
		put_le32(guest_at(&b.f.guest, b.f.input + 4), 3);
		put_le32(at, cases[i].value);
		assert_int_equal(
			fxhci_command(&b.f, b.f.input, 0, TRB_ADDRESS_DEVICE << 10 | SLOT_1),
			cases[i].code);
		assert_int_equal(
			fxhci_command(&b.f, 0, 0, TRB_DISABLE_SLOT << 10 | SLOT_1), XHCI_SUCCESS);
	}
	/* Not in RAM. */
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_ENABLE_SLOT << 10), XHCI_SUCCESS);
	assert_int_equal(fxhci_command(&b.f, 1ull << 40, 0, TRB_ADDRESS_DEVICE << 10 | SLOT_1),
		XHCI_TRB_ERROR);
	close_bench(&b);
}

static void slots_run_out(void **state)
{
	struct bench b;

	open_bench(&b);
	for (unsigned i = 1; i <= XHCI_NR_SLOTS; i++) {
		assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_ENABLE_SLOT << 10), XHCI_SUCCESS);
		assert_int_equal(b.f.last.control >> 24, i);
	}
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_ENABLE_SLOT << 10), XHCI_NO_SLOTS);
	close_bench(&b);
}

static void endpoints_come_and_go(void **state)
{
	struct bench b;

	open_bench(&b);
	fxhci_address(&b.f, PORT);
	fxhci_endpoint(&b.f, 3, 7, 4);
	assert_int_equal(out(&b, 0, 3) >> 27, SLOT_CONFIGURED);
	assert_int_equal(out(&b, 0, 0) >> 27, 3);
	assert_int_equal(out(&b, 3, 0) & 7, EP_RUNNING);
	/* An IN endpoint cannot have an OUT endpoint's number. */
	put_le32(guest_at(&b.f.guest, b.f.input + 4), 1 | BIT(4));
	put_le32(guest_at(&b.f.guest, b.f.input + 5 * XHCI_CONTEXT + 4), 7u << 3);
	assert_int_equal(fxhci_command(&b.f, b.f.input, 0, TRB_CONFIGURE_ENDPOINT << 10 | SLOT_1),
		XHCI_PARAMETER_ERROR);
	/* Dropped. */
	put_le32(guest_at(&b.f.guest, b.f.input), BIT(3));
	put_le32(guest_at(&b.f.guest, b.f.input + 4), 1);
	assert_int_equal(fxhci_command(&b.f, b.f.input, 0, TRB_CONFIGURE_ENDPOINT << 10 | SLOT_1),
		XHCI_SUCCESS);
	assert_int_equal(out(&b, 3, 0) & 7, EP_DISABLED);
	fxhci_endpoint(&b.f, 3, 7, 4);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_CONFIGURE_ENDPOINT << 10 | TRB_DC | SLOT_1),
		XHCI_SUCCESS);
	assert_int_equal(out(&b, 3, 0) & 7, EP_DISABLED);
	assert_int_equal(out(&b, 0, 3) >> 27, SLOT_ADDRESSED);
	close_bench(&b);
}

static void a_command_ring_is_stopped(void **state)
{
	struct fxhci_event event;
	struct bench b;

	open_bench(&b);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_NOOP_COMMAND << 10), XHCI_SUCCESS);
	assert_int_equal(fxhci_read(&b.f, XHCI_OPER + XHCI_CRCR), XHCI_CRCR_CRR);
	/* The address is taken only when it has stopped. */
	bus_write(&b.f.guest.mmio, GUEST_BAR + XHCI_OPER + XHCI_CRCR, 8, 0x40);
	assert_int_equal(fxhci_command(&b.f, 0, 0, TRB_NOOP_COMMAND << 10), XHCI_SUCCESS);
	fxhci_write(&b.f, XHCI_OPER + XHCI_CRCR, XHCI_CRCR_CA);
	assert_int_equal(fxhci_read(&b.f, XHCI_OPER + XHCI_CRCR), 0);
	assert_true(fxhci_take(&b.f, 0, &event));
	assert_int_equal(event.status >> 24, XHCI_RING_STOPPED);
	close_bench(&b);
}

/* A ring that is not in RAM, and one of links alone, stop the controller until it is reset. */
static void a_bad_command_ring_is_an_error(void **state)
{
	struct bench b;

	open_bench(&b);
	bus_write(&b.f.guest.mmio, GUEST_BAR + XHCI_OPER + XHCI_CRCR, 8, 1ull << 40);
	fxhci_write(&b.f, XHCI_DOORBELL, 0);
	fxhci_run(&b.f);
	assert_int_equal(fxhci_read(&b.f, XHCI_OPER + XHCI_USBSTS) & (XHCI_STS_HCE | XHCI_STS_HCH),
		XHCI_STS_HCE | XHCI_STS_HCH);
	fxhci_write(&b.f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_RS);
	assert_true(fxhci_read(&b.f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_HCH);
	fxhci_write(&b.f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_HCRST);
	fxhci_start(&b.f);
	put_le64(guest_at(&b.f.guest, b.f.commands.at), b.f.commands.at);
	put_le32(guest_at(&b.f.guest, b.f.commands.at + 12), TRB_LINK << 10 | 1);
	fxhci_write(&b.f, XHCI_DOORBELL, 0);
	fxhci_run(&b.f);
	assert_true(fxhci_read(&b.f, XHCI_OPER + XHCI_USBSTS) & XHCI_STS_HCE);
	close_bench(&b);
}

static void bandwidth_is_told(void **state)
{
	struct bench b;

	open_bench(&b);
	assert_int_equal(fxhci_command(&b.f, b.f.data, 0, TRB_GET_BANDWIDTH << 10), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[0], 0);
	assert_int_equal(fxhci_data(&b.f)[XHCI_NR_PORTS], 90);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_judged),
		cmocka_unit_test(a_device_gets_its_address),
		cmocka_unit_test(input_contexts_are_judged),
		cmocka_unit_test(slots_run_out),
		cmocka_unit_test(endpoints_come_and_go),
		cmocka_unit_test(a_command_ring_is_stopped),
		cmocka_unit_test(a_bad_command_ring_is_an_error),
		cmocka_unit_test(bandwidth_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
