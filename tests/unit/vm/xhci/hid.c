// SPDX-License-Identifier: GPL-2.0-or-later
/* USB keyboards, mice and tablets, and when they take a person's input: HID 1.11. */
#include "unit.h"

#include "base/bytes.h"
#include "fake_irq.h"
#include "fake_xhci.h"
#include "vm/usb/input.h"

#define PORT     (XHCI_NR_SUPER + 1) /* the keyboard's; then the mouse, the tablet */
#define IN       3                   /* the endpoint's number in the context */
#define STALE_NS (5100 * NS_PER_MS)

/* What PS/2 was told. */
struct ps2 {
	struct input input;
	unsigned keys;
	u8 key, buttons;
	bool down;
	int x, y;
};

struct bench {
	struct fxhci f;
	struct usb_input usb;
	struct ps2 ps2;
	u8 leds;
};

static bool ps2_ready(struct input *input)
{
	return true;
}

static void ps2_key(struct input *input, u8 key, bool down)
{
	struct ps2 *ps2 = container_of(input, struct ps2, input);

	ps2->keys++;
	ps2->key = key;
	ps2->down = down;
}

static void ps2_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct ps2 *ps2 = container_of(input, struct ps2, input);

	ps2->x += x;
	ps2->y += y;
	ps2->buttons = buttons;
}

static void on_leds(void *owner, u8 leds)
{
	((struct bench *)owner)->leds = leds;
}

static void open_bench(struct bench *b)
{
	struct err err = { 0 };

	memset(b, 0, sizeof(*b));
	b->ps2.input = (struct input){ .ready = ps2_ready, .key = ps2_key, .pointer = ps2_pointer };
	fxhci_open(&b->f);
	usb_input_open(&b->usb, &b->ps2.input, &b->f.clock);
	b->usb.input.leds = on_leds;
	b->usb.input.leds_owner = b;
	assert_int_equal(xhci_plug(&b->f.xhci, &b->usb.keyboard.dev, &err), 0);
	assert_int_equal(xhci_plug(&b->f.xhci, &b->usb.mouse.dev, &err), 0);
	assert_int_equal(xhci_plug(&b->f.xhci, &b->usb.tablet.dev, &err), 0);
	fxhci_start(&b->f);
}

static void close_bench(struct bench *b)
{
	xhci_unplug(&b->f.xhci, &b->usb.keyboard.dev);
	xhci_unplug(&b->f.xhci, &b->usb.mouse.dev);
	xhci_unplug(&b->f.xhci, &b->usb.tablet.dev);
	usb_input_close(&b->usb);
	fxhci_close(&b->f);
}

static void configure(struct bench *b, unsigned port)
{
	fxhci_address(&b->f, port);
	assert_int_equal(fxhci_control(&b->f, 0x0009, 1, 0, 0), XHCI_SUCCESS);
	fxhci_endpoint(&b->f, IN, 7, 8);
}

/* Asks for a report, which does not come yet. */
static void ask(struct bench *b)
{
	memset(fxhci_data(&b->f), 0xee, 8);
	assert_int_equal(fxhci_bulk(&b->f, IN, 8), FXHCI_NONE);
}

/* The report that was asked for is there, and is this. */
static void expect(struct bench *b, const char *report, u32 size)
{
	u32 code;

	fxhci_run(&b->f);
	code = fxhci_transferred(&b->f);
	assert_int_equal(code, size == 8 ? XHCI_SUCCESS : XHCI_SHORT_PACKET);
	assert_int_equal(b->f.last.status & 0xffffff, 8 - size);
	assert_memory_equal(fxhci_data(&b->f), report, size);
}

static void key(struct bench *b, u8 code, bool down)
{
	assert_true(b->usb.input.ready(&b->usb.input));
	b->usb.input.key(&b->usb.input, code, down);
}

/* The descriptors are consistent: their sizes, and those of what they name. */
static void descriptors_are_whole(void **state)
{
	for (unsigned port = PORT; port < PORT + 3; port++) {
		struct bench b;
		const u8 *data;
		u16 report;

		open_bench(&b);
		fxhci_address(&b.f, port);
		data = fxhci_data(&b.f);
		assert_int_equal(fxhci_control(&b.f, 0x8006, 0x100, 0, 18), XHCI_SUCCESS);
		assert_memory_equal(data, "\x12\x01\x00\x02", 4);
		assert_int_equal(data[17], 1);
		assert_int_equal(fxhci_control(&b.f, 0x8006, 0x200, 0, 255), XHCI_SUCCESS);
		assert_int_equal(data[2], 34);
		assert_int_equal(data[9 + 5], 3); /* HID */
		assert_int_equal(data[9 + 6], port < PORT + 2);
		report = get_le16(data + 18 + 7);
		assert_int_equal(data[27], 7);
		assert_int_equal(data[29], 0x81);
		memset(fxhci_data(&b.f), 0xee, 256);
		assert_int_equal(fxhci_control(&b.f, 0x8106, 0x2200, 0, 255), XHCI_SUCCESS);
		assert_int_equal(data[report - 1], 0xc0);
		assert_int_equal(data[report], 0xee);
		assert_int_equal(fxhci_control(&b.f, 0x8106, 0x2100, 0, 9), XHCI_SUCCESS);
		assert_int_equal(get_le16(data + 7), report);
		assert_int_equal(fxhci_control(&b.f, 0x8006, 0x301, 0, 255), XHCI_SUCCESS);
		assert_memory_equal(data, "\x0c\x03T\0e\0n\0o\0n\0", 12);
		assert_int_equal(fxhci_control(&b.f, 0x8006, 0x300, 0, 255), XHCI_SUCCESS);
		assert_memory_equal(data, "\x04\x03\x09\x04", 4);
		close_bench(&b);
	}
}

static void requests_that_a_device_does_not_have_stall(void **state)
{
	static const struct {
		u16 request, value;
	} cases[] = {
		{ 0x8006, 0x0600 }, /* the qualifier of a device that has two speeds */
		{ 0x8006, 0x0f00 }, /* BOS: not before USB 3 */
		{ 0x8006, 0x0309 },
		{ 0x8006, 0x0201 },
		{ 0x8106, 0x2300 },
		{ 0x0009, 2 },
		{ 0x010b, 1 },
		{ 0x0203, 1 },
		{ 0xc0ff, 0 },
		{ 0x2109, 0x0100 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		open_bench(&b);
		fxhci_address(&b.f, PORT);
		assert_int_equal(fxhci_control(&b.f, cases[i].request, cases[i].value, 0,
					 cases[i].request & 0x8000 ? 8 : 0),
			XHCI_STALL);
		close_bench(&b);
	}
}

static void keys_are_reported(void **state)
{
	struct bench b;

	open_bench(&b);
	configure(&b, PORT);
	ask(&b);
	key(&b, 0x2a, true); /* the left Shift, then a */
	expect(&b, "\x02\0\0\0\0\0\0\0", 8);
	ask(&b);
	key(&b, 0x1e, true);
	expect(&b, "\x02\0\x04\0\0\0\0\0", 8);
	/* Which key it is goes by the usage: the cursor's, and Pause. */
	ask(&b);
	key(&b, INPUT_KEY_EXTENDED | 0x48, true);
	expect(&b, "\x02\0\x04\x52\0\0\0\0", 8);
	ask(&b);
	key(&b, INPUT_KEY_PAUSE, true);
	expect(&b, "\x02\0\x04\x48\x52\0\0\0", 8);
	close_bench(&b);
}

/* Events come one after the other, whenever they are asked for. */
static void keys_wait_for_the_driver(void **state)
{
	static const char *const reports[] = {
		"\x02\0\0\0\0\0\0\0",
		"\x02\0\x04\0\0\0\0\0",
		"\x02\0\0\0\0\0\0\0",
		"\0\0\0\0\0\0\0\0",
	};
	struct bench b;

	open_bench(&b);
	configure(&b, PORT);
	ask(&b);
	key(&b, 0x2a, true);
	key(&b, 0x1e, true);
	key(&b, 0x1e, false);
	key(&b, 0x2a, false);
	expect(&b, reports[0], 8);
	for (unsigned i = 1; i < ARRAY_SIZE(reports); i++) {
		assert_int_equal(fxhci_bulk(&b.f, IN, 8), XHCI_SUCCESS);
		assert_memory_equal(fxhci_data(&b.f), reports[i], 8);
	}
	assert_int_equal(b.ps2.keys, 0);
	close_bench(&b);
}

static void seven_keys_are_too_many(void **state)
{
	static const u8 row[] = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16 };
	struct bench b;

	open_bench(&b);
	configure(&b, PORT);
	ask(&b);
	for (unsigned i = 0; i < ARRAY_SIZE(row); i++)
		key(&b, row[i], true);
	fxhci_run(&b.f);
	assert_int_equal(fxhci_transferred(&b.f), XHCI_SUCCESS);
	for (unsigned i = 1; i < ARRAY_SIZE(row); i++)
		assert_int_equal(fxhci_bulk(&b.f, IN, 8), XHCI_SUCCESS);
	assert_memory_equal(fxhci_data(&b.f), "\0\0\1\1\1\1\1\1", 8);
	close_bench(&b);
}

/* PS/2 until the guest asks for reports; each key is released where it was pressed. */
static void keys_go_where_they_are_heard(void **state)
{
	struct bench b;

	open_bench(&b);
	key(&b, 0x1e, true);
	assert_int_equal(b.ps2.keys, 1);
	configure(&b, PORT);
	key(&b, 0x1f, true);
	assert_int_equal(b.ps2.keys, 2);
	ask(&b);
	key(&b, 0x20, true);
	expect(&b, "\0\0\x07\0\0\0\0\0", 8);
	key(&b, 0x1e, false);
	assert_int_equal(b.ps2.keys, 3);
	assert_int_equal(b.ps2.key, 0x1e);
	assert_false(b.ps2.down);
	/* The machine starts again: what was pressed on USB is forgotten. */
	fxhci_write(&b.f, XHCI_OPER + XHCI_USBCMD, XHCI_CMD_HCRST);
	key(&b, 0x20, false);
	key(&b, 0x21, true);
	assert_int_equal(b.ps2.key, 0x21);
	assert_int_equal(b.ps2.keys, 4);
	close_bench(&b);
}

/* A driver that no longer asks has left the keyboard to PS/2. */
static void a_driver_that_is_gone_is_noticed(void **state)
{
	struct bench b;

	open_bench(&b);
	configure(&b, PORT);
	ask(&b);
	key(&b, 0x1e, true);
	expect(&b, "\0\0\x04\0\0\0\0\0", 8);
	key(&b, 0x1f, true);
	assert_int_equal(b.ps2.keys, 0);
	b.f.now += STALE_NS;
	key(&b, 0x20, true);
	assert_int_equal(b.ps2.keys, 1);
	/* It comes back, and learns that nothing is pressed. */
	assert_int_equal(fxhci_bulk(&b.f, IN, 8), XHCI_SUCCESS);
	assert_memory_equal(fxhci_data(&b.f), "\0\0\0\0\0\0\0\0", 8);
	ask(&b);
	key(&b, 0x21, true);
	assert_int_equal(b.ps2.keys, 1);
	close_bench(&b);
}

static void lights_and_idle_rates(void **state)
{
	struct bench b;

	open_bench(&b);
	configure(&b, PORT);
	fxhci_data(&b.f)[0] = 6; /* Caps Lock, Scroll Lock */
	assert_int_equal(fxhci_control(&b.f, 0x2109, 0x200, 0, 1), XHCI_SUCCESS);
	assert_int_equal(b.leds, INPUT_LED_CAPS | INPUT_LED_SCROLL);
	/* A key that is pressed again is news only for who has set an idle rate. */
	ask(&b);
	key(&b, 0x1e, true);
	expect(&b, "\0\0\x04\0\0\0\0\0", 8);
	ask(&b);
	key(&b, 0x1e, true);
	fxhci_run(&b.f);
	assert_int_equal(fxhci_transferred(&b.f), FXHCI_NONE);
	assert_int_equal(fxhci_control(&b.f, 0x210a, 8 << 8, 0, 0), XHCI_SUCCESS);
	key(&b, 0x1e, true);
	expect(&b, "\0\0\x04\0\0\0\0\0", 8);
	assert_int_equal(fxhci_control(&b.f, 0xa102, 0, 0, 1), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[0], 8);
	assert_int_equal(fxhci_control(&b.f, 0x210b, 0, 0, 0), XHCI_SUCCESS);
	assert_int_equal(fxhci_control(&b.f, 0xa103, 0, 0, 1), XHCI_SUCCESS);
	assert_int_equal(fxhci_data(&b.f)[0], 0);
	assert_int_equal(fxhci_control(&b.f, 0xa101, 0x100, 0, 8), XHCI_SUCCESS);
	assert_memory_equal(fxhci_data(&b.f), "\0\0\x04\0\0\0\0\0", 8);
	/* A reset puts the lights out. */
	fxhci_set_portsc(&b.f, PORT, XHCI_PORT_PP | XHCI_PORT_PR);
	assert_int_equal(b.leds, 0);
	close_bench(&b);
}

static void a_mouse_adds_up_its_motion(void **state)
{
	struct bench b;

	open_bench(&b);
	b.usb.input.pointer(&b.usb.input, 1, 2, 0, INPUT_LEFT);
	assert_int_equal(b.ps2.x, 1);
	assert_int_equal(b.ps2.buttons, INPUT_LEFT);
	configure(&b, PORT + 1);
	ask(&b);
	/* The button is released where it was pressed. */
	b.usb.input.pointer(&b.usb.input, 300, -5, 1, INPUT_RIGHT);
	assert_int_equal(b.ps2.x, 1);
	assert_int_equal(b.ps2.buttons, 0);
	b.usb.input.pointer(&b.usb.input, 10, 0, 0, INPUT_RIGHT);
	expect(&b, "\x02\x7f\xfb\xff", 4);
	assert_int_equal(fxhci_bulk(&b.f, IN, 8), XHCI_SHORT_PACKET);
	assert_memory_equal(fxhci_data(&b.f), "\x02\x7f\0\0", 4);
	assert_int_equal(fxhci_bulk(&b.f, IN, 8), XHCI_SHORT_PACKET);
	assert_memory_equal(fxhci_data(&b.f), "\x02\x38\0\0", 4);
	ask(&b);
	/* The boot protocol has no wheel. */
	assert_int_equal(fxhci_control(&b.f, 0x210b, 0, 0, 0), XHCI_SUCCESS);
	b.usb.input.pointer(&b.usb.input, -1, 0, 0, 0);
	expect(&b, "\0\xff\0", 3);
	close_bench(&b);
}

static void a_tablet_has_a_place(void **state)
{
	const struct input_place place = { .x = 0x1234, .y = 0x7fff, .dx = 3, .dy = 4 };
	struct bench b;

	open_bench(&b);
	b.usb.input.place(&b.usb.input, &place, 0, 0);
	assert_int_equal(b.ps2.x, 3);
	configure(&b, PORT + 2);
	ask(&b);
	b.usb.input.place(&b.usb.input, &place, -1, INPUT_MIDDLE);
	expect(&b, "\x04\x34\x12\xff\x7f\x01", 6);
	assert_int_equal(b.ps2.x, 3);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_are_whole),
		cmocka_unit_test(requests_that_a_device_does_not_have_stall),
		cmocka_unit_test(keys_are_reported),
		cmocka_unit_test(keys_wait_for_the_driver),
		cmocka_unit_test(seven_keys_are_too_many),
		cmocka_unit_test(keys_go_where_they_are_heard),
		cmocka_unit_test(a_driver_that_is_gone_is_noticed),
		cmocka_unit_test(lights_and_idle_rates),
		cmocka_unit_test(a_mouse_adds_up_its_motion),
		cmocka_unit_test(a_tablet_has_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
