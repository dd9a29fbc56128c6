// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/i8042.h"

#include "fake.h"
#include "unit.h"
#include "vm/dev/reset.h"
#include "vm/dev/scancodes.h"

#define OUTPUT  0x01
#define SYSTEM  0x04
#define COMMAND 0x08
#define AUX     0x20
#define KEY_A   0x1e

struct bench {
	struct bus pio;
	pthread_mutex_t lock;
	struct fake_line keyboard, mouse;
	struct i8042 c;
	struct reset reset;
	unsigned requests;
	const char *by;
};

static void on_request(void *owner, const char *by)
{
	struct bench *b = owner;

	b->requests++;
	b->by = by;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->keyboard);
	fake_line_init(&b->mouse);
	/* As the platform does it, with the other ways to reset behind. */
	assert_int_equal(i8042_open(&b->c, &b->pio, &b->keyboard.line, &b->mouse.line, &b->lock,
				 on_request, b),
		0);
	assert_int_equal(reset_open(&b->reset, &b->pio, &b->lock, on_request, b), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	reset_close(&b->reset);
	i8042_close(&b->c);
	i8042_close(&b->c);
	assert_int_equal(b->pio.nr_regions, 0);
	bus_close(&b->pio);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static u8 status(struct bench *b)
{
	return (u8)bus_read(&b->pio, 0x64, 1);
}

static u8 data(struct bench *b)
{
	return (u8)bus_read(&b->pio, 0x60, 1);
}

static void command(struct bench *b, u8 byte)
{
	bus_write(&b->pio, 0x64, 1, byte);
}

static void write_data(struct bench *b, u8 byte)
{
	bus_write(&b->pio, 0x60, 1, byte);
}

/* What comes next, which there has to be, and from whom. */
static void expect(struct bench *b, u8 from, u8 byte)
{
	assert_int_equal(status(b) & (OUTPUT | AUX), OUTPUT | from);
	assert_int_equal(data(b), byte);
}

static void expect_bytes(struct bench *b, u8 from, const char *bytes, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		expect(b, from, (u8)bytes[i]);
	assert_int_equal(status(b) & OUTPUT, 0);
}

#define EXPECT(b, from, bytes) expect_bytes(b, from, bytes, sizeof(bytes) - 1)

static void to_mouse(struct bench *b, u8 byte)
{
	command(b, 0xd4);
	write_data(b, byte);
}

static void key(struct bench *b, u8 code, bool down)
{
	b->c.input.key(&b->c.input, code, down);
}

static void move(struct bench *b, int x, int y, int wheel, u8 buttons)
{
	b->c.input.pointer(&b->c.input, x, y, wheel, buttons);
}

static void set_mode(struct bench *b, u8 mode)
{
	command(b, 0x60);
	write_data(b, mode);
}

static void resets_like_a_pc(void **state)
{
	struct bench *b = *state;

	for (unsigned value = 0; value < 0xf0; value++) {
		command(b, (u8)value);
		if (value >= 0xd1 && value <= 0xd4)
			write_data(b, 0xff);
	}
	assert_int_equal(b->requests, 0);
	command(b, 0xff);
	assert_int_equal(b->requests, 0);
	command(b, 0xfe);
	assert_int_equal(b->requests, 1);
	assert_string_equal(b->by, "port 64");
	/* By the output port. */
	command(b, 0xd1);
	write_data(b, 0xfe);
	assert_int_equal(b->requests, 2);
	/* The fast way is still there. */
	bus_write(&b->pio, 0x92, 1, 3);
	assert_int_equal(b->requests, 3);
}

static void a20_is_kept(void **state)
{
	struct bench *b = *state;

	command(b, 0xd0);
	assert_int_equal(data(b) & 3, 3);
	/* Linux's a20.c: D1, DF, FF. */
	command(b, 0xd1);
	write_data(b, 0xdd);
	command(b, 0xff);
	command(b, 0xd0);
	assert_int_equal(data(b) & 3, 1);
	command(b, 0xdf);
	command(b, 0xd0);
	assert_int_equal(data(b) & 3, 3);
	command(b, 0xdd);
	command(b, 0xd0);
	assert_int_equal(data(b) & 3, 1);
	assert_int_equal(b->requests, 0);
}

/* src/hw/ps2port.c: ps2_keyboard_setup(). */
static void seabios_finds_a_keyboard(void **state)
{
	struct bench *b = *state;

	assert_int_equal(status(b) & OUTPUT, 0);
	command(b, 0xaa);
	EXPECT(b, 0, "\x55");
	command(b, 0xab);
	EXPECT(b, 0, "\x00");
	set_mode(b, 0x30); /* both off, no interrupt */
	write_data(b, 0xff);
	EXPECT(b, 0, "\xfa\xaa");
	write_data(b, 0xf5);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0xf0);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0x02);
	EXPECT(b, 0, "\xfa");
	set_mode(b, 0x61); /* translated, with interrupt */
	write_data(b, 0xf4);
	EXPECT(b, 0, "\xfa");
	b->keyboard.rises = 0;
	key(b, KEY_A, true);
	key(b, KEY_A, false);
	assert_int_equal(b->keyboard.rises, 1);
	EXPECT(b, 0, "\x1e\x9e");
	assert_int_equal(b->keyboard.rises, 2);
	assert_int_equal(b->keyboard.line.level, false);
}

/* drivers/input/serio/i8042.c and libps2: the probe, the AUX loop, the interrupt test. */
static void linux_finds_both(void **state)
{
	struct bench *b = *state;

	/* i8042_controller_init() */
	command(b, 0x20);
	expect(b, 0, 0x03);
	set_mode(b, 0x12);
	assert_int_equal(b->keyboard.line.level, false);
	/* i8042_check_aux(): the loop, and the disable bit. */
	command(b, 0xd3);
	write_data(b, 0x5a);
	expect(b, AUX, 0x5a);
	command(b, 0xa9);
	expect(b, 0, 0x00);
	command(b, 0xa7);
	command(b, 0x20);
	expect(b, 0, 0x32);
	command(b, 0xa8);
	command(b, 0x20);
	expect(b, 0, 0x12);
	/* i8042_set_mux_mode(): what comes back as it went says that there is none. */
	for (unsigned i = 0; i < 3; i++) {
		static const u8 probe[] = { 0xf0, 0x56, 0xa4 };

		command(b, 0xd3);
		write_data(b, probe[i]);
		expect(b, AUX, probe[i]);
	}
	/* i8042_check_aux() with the interrupt. */
	b->mouse.rises = 0;
	command(b, 0xd3);
	write_data(b, 0xa5);
	assert_int_equal(b->mouse.rises, 1);
	expect(b, AUX, 0xa5);
	/* atkbd: getid, then with the translated second byte. */
	set_mode(b, 0x43);
	write_data(b, 0xf2);
	EXPECT(b, 0, "\xfa\xab\x41");
	write_data(b, 0xed);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0x07);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0xf3);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0x00);
	EXPECT(b, 0, "\xfa");
	/* psmouse: intellimouse. */
	to_mouse(b, 0xf2);
	EXPECT(b, AUX, "\xfa\x00");
	for (unsigned i = 0; i < 3; i++) {
		static const u8 rates[] = { 200, 100, 80 };

		to_mouse(b, 0xf3);
		EXPECT(b, AUX, "\xfa");
		to_mouse(b, rates[i]);
		EXPECT(b, AUX, "\xfa");
	}
	to_mouse(b, 0xf2);
	EXPECT(b, AUX, "\xfa\x03");
}

/* Ps2KeyboardDxe: InitKeyboard() and its polling. */
static void ovmf_finds_a_keyboard(void **state)
{
	struct bench *b = *state;

	assert_int_not_equal(status(b), 0xff);
	command(b, 0xaa);
	expect(b, 0, 0x55);
	assert_int_equal(status(b) & SYSTEM, SYSTEM);
	command(b, 0xab);
	expect(b, 0, 0x00);
	command(b, 0x60);
	write_data(b, 0x67);
	assert_int_equal(status(b) & SYSTEM, SYSTEM);
	write_data(b, 0xff);
	expect(b, 0, 0xfa);
	expect(b, 0, 0xaa);
	write_data(b, 0xf0);
	expect(b, 0, 0xfa);
	write_data(b, 0x02);
	expect(b, 0, 0xfa);
	write_data(b, 0xf4);
	expect(b, 0, 0xfa);
	write_data(b, 0xed);
	expect(b, 0, 0xfa);
	key(b, INPUT_KEY_EXTENDED | 0x48, true);
	key(b, INPUT_KEY_EXTENDED | 0x48, false);
	EXPECT(b, 0, "\xe0\x48\xe0\xc8");
}

/* Each key, in both sets: the controller turns one into the other. */
static void sets_1_and_2_say_the_same(void **state)
{
	struct bench *b = *state;
	unsigned known = 0;

	for (unsigned code = 1; code < INPUT_KEYS; code++)
		for (unsigned up = 0; up < 2; up++) {
			u8 first[SCANCODE_MAX], second[SCANCODE_MAX];
			unsigned n = scancode_bytes((u8)code, !up, 1, first);

			set_mode(b, 0x40);
			key(b, (u8)code, !up);
			for (unsigned i = 0; i < n; i++)
				expect(b, 0, first[i]);
			assert_int_equal(status(b) & OUTPUT, 0);
			set_mode(b, 0x00);
			key(b, (u8)code, !up);
			n = scancode_bytes((u8)code, !up, 2, second);
			for (unsigned i = 0; i < n; i++)
				expect(b, 0, second[i]);
			assert_int_equal(status(b) & OUTPUT, 0);
			known += n > 0;
		}
	assert_true(known > 2 * 200);
}

static void some_keys_are_as_on_a_keyboard(void **state)
{
	static const struct {
		u8 key;
		const char *make, *release;
	} cases[] = {
		{ 0x01, "\x76", "\xf0\x76" },
		{ 0x1e, "\x1c", "\xf0\x1c" },
		{ 0x1c, "\x5a", "\xf0\x5a" },
		{ 0x39, "\x29", "\xf0\x29" },
		{ 0x3b, "\x05", "\xf0\x05" },
		{ 0x41, "\x83", "\xf0\x83" }, /* F7 */
		{ 0x57, "\x78", "\xf0\x78" },
		{ 0x58, "\x07", "\xf0\x07" },
		{ 0x80 | 0x48, "\xe0\x75", "\xe0\xf0\x75" },
		{ 0x80 | 0x53, "\xe0\x71", "\xe0\xf0\x71" },
		{ INPUT_KEY_PRINT, "\xe0\x12\xe0\x7c", "\xe0\xf0\x7c\xe0\xf0\x12" },
		{ INPUT_KEY_PAUSE, "\xe1\x14\x77\xe1\xf0\x14\xf0\x77", "" },
	};
	struct bench *b = *state;

	set_mode(b, 0x00);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		key(b, cases[i].key, true);
		expect_bytes(b, 0, cases[i].make, (unsigned)strlen(cases[i].make));
		key(b, cases[i].key, false);
		expect_bytes(b, 0, cases[i].release, (unsigned)strlen(cases[i].release));
	}
}

static void set_1_can_be_chosen(void **state)
{
	struct bench *b = *state;

	set_mode(b, 0x00);
	write_data(b, 0xf0);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0x01);
	EXPECT(b, 0, "\xfa");
	key(b, KEY_A, true);
	key(b, KEY_A, false);
	EXPECT(b, 0, "\x1e\x9e");
	write_data(b, 0xf0);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0x00);
	EXPECT(b, 0, "\xfa\x01");
	/* Set 3 there is not. */
	write_data(b, 0xf0);
	EXPECT(b, 0, "\xfa");
	write_data(b, 0x03);
	EXPECT(b, 0, "\xfe");
	write_data(b, 0xee);
	EXPECT(b, 0, "\xee");
	write_data(b, 0xfe);
	EXPECT(b, 0, "\xee");
	write_data(b, 0x12);
	EXPECT(b, 0, "\xfe");
}

static void too_many_keys_are_told(void **state)
{
	struct bench *b = *state;
	unsigned n = 0;

	set_mode(b, 0x00);
	assert_true(b->c.input.ready(&b->c.input));
	for (unsigned i = 0; i < 1000; i++) {
		key(b, KEY_A, true);
		key(b, KEY_A, false);
	}
	assert_false(b->c.input.ready(&b->c.input));
	/* Whole keys, and at last the word that some are lost. */
	while (status(b) & OUTPUT) {
		u8 byte = data(b);

		n++;
		assert_true(byte == 0x1c || byte == 0xf0 || (!byte && !(status(b) & OUTPUT)));
	}
	assert_in_range(n, 10, PS2_QUEUE + 1);
	assert_true(b->c.input.ready(&b->c.input));
	key(b, KEY_A, true);
	EXPECT(b, 0, "\x1c");
	/* A keyboard that is told to be quiet keeps nothing. */
	write_data(b, 0xf5);
	EXPECT(b, 0, "\xfa");
	key(b, KEY_A, true);
	EXPECT(b, 0, "");
}

static void a_closed_interface_holds_keys_back(void **state)
{
	struct bench *b = *state;

	command(b, 0xad);
	key(b, KEY_A, true);
	assert_int_equal(status(b) & OUTPUT, 0);
	command(b, 0xae);
	EXPECT(b, 0, "\x1c");
}

static void the_mouse_reports_motion(void **state)
{
	struct bench *b = *state;

	to_mouse(b, 0xff);
	EXPECT(b, AUX, "\xfa\xaa\x00");
	move(b, 5, 5, 0, 1);
	assert_int_equal(status(b) & OUTPUT, 0);
	to_mouse(b, 0xf4);
	EXPECT(b, AUX, "\xfa\x09\x00\x00");
	/* Down on the screen is negative. */
	move(b, 10, 20, 0, 0);
	EXPECT(b, AUX, "\x28\x0a\xec");
	move(b, -1, -2, 0, INPUT_RIGHT | INPUT_MIDDLE);
	EXPECT(b, AUX, "\x1e\xff\x02");
	move(b, 300, 0, 0, 0);
	EXPECT(b, AUX, "\x08\x7f\x00\x08\x7f\x00\x08\x2e\x00");
	/* Without a wheel its steps are nobody's. */
	move(b, 0, 0, 1, 0);
	EXPECT(b, AUX, "");
	to_mouse(b, 0xe9);
	EXPECT(b, AUX, "\xfa\x20\x02\x64");
}

static void the_wheel_wants_a_knock(void **state)
{
	static const u8 rates[] = { 200, 100, 80 };
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++) {
		to_mouse(b, 0xf3);
		to_mouse(b, rates[i]);
	}
	to_mouse(b, 0xf2);
	data(b);
	while (status(b) & OUTPUT)
		data(b);
	to_mouse(b, 0xf4);
	EXPECT(b, AUX, "\xfa");
	move(b, 0, 0, -1, 0);
	EXPECT(b, AUX, "\x08\x00\x00\xff");
	move(b, 1, 0, 1, 0);
	EXPECT(b, AUX, "\x08\x01\x00\x01");
}

static void motion_waits_and_is_not_lost(void **state)
{
	struct bench *b = *state;
	int x = 0, y = 0;
	unsigned n = 0;

	to_mouse(b, 0xf4);
	EXPECT(b, AUX, "\xfa");
	for (unsigned i = 0; i < 1000; i++)
		move(b, 3, -1, 0, 0);
	for (; status(b) & OUTPUT; n++) {
		u8 first = data(b), dx = data(b), dy = data(b);

		x += dx - (first & 0x10 ? 256 : 0);
		y += dy - (first & 0x20 ? 256 : 0);
	}
	assert_int_equal(x, 3000);
	assert_int_equal(y, 1000);
	assert_true(n < 100);
}

static void the_mouse_can_be_asked(void **state)
{
	struct bench *b = *state;

	to_mouse(b, 0xf0);
	EXPECT(b, AUX, "\xfa");
	move(b, 7, 0, 0, 0);
	EXPECT(b, AUX, "");
	to_mouse(b, 0xeb);
	EXPECT(b, AUX, "\xfa\x08\x07\x00");
	to_mouse(b, 0xee);
	EXPECT(b, AUX, "\xfa");
	to_mouse(b, 0x12);
	EXPECT(b, AUX, "\x12");
	to_mouse(b, 0xec);
	EXPECT(b, AUX, "\xfa");
	to_mouse(b, 0x12);
	EXPECT(b, AUX, "\xfe");
	to_mouse(b, 0xe8);
	EXPECT(b, AUX, "\xfa");
	to_mouse(b, 0x03);
	EXPECT(b, AUX, "\xfa");
	to_mouse(b, 0xe7);
	EXPECT(b, AUX, "\xfa");
	to_mouse(b, 0xe9);
	EXPECT(b, AUX, "\xfa\x50\x03\x64");
}

/* Both at once: bytes of one report stay together, and each has its line. */
static void each_device_has_its_line(void **state)
{
	struct bench *b = *state;

	to_mouse(b, 0xf4);
	EXPECT(b, AUX, "\xfa");
	set_mode(b, 0x43);
	b->mouse.rises = b->keyboard.rises = 0;
	move(b, 1, 0, 0, 0);
	assert_int_equal(b->mouse.rises, 1);
	assert_int_equal(b->keyboard.rises, 0);
	key(b, KEY_A, true);
	assert_int_equal(b->keyboard.rises, 0);
	expect(b, AUX, 0x08);
	assert_true(b->keyboard.line.level);
	assert_false(b->mouse.line.level);
	expect(b, 0, 0x1e);
	expect(b, AUX, 0x01);
	expect(b, AUX, 0x00);
	assert_false(b->mouse.line.level || b->keyboard.line.level);
	/* Without leave, no line. */
	set_mode(b, 0x40);
	key(b, KEY_A, false);
	assert_false(b->keyboard.line.level);
	set_mode(b, 0x41);
	assert_true(b->keyboard.line.level);
	i8042_reset(&b->c);
	assert_false(b->keyboard.line.level);
	assert_int_equal(status(b), 0x18);
}

/* Any bytes: nothing breaks, and the queues keep their bounds. */
static void survives_anything(void **state)
{
	struct bench *b = *state;
	u32 noise = 1;

	for (unsigned i = 0; i < 200000; i++) {
		noise = noise * 1664525 + 1013904223;
		switch (noise >> 29) {
		case 0:
		case 1:
			command(b, (u8)(noise >> 8));
			break;
		case 2:
		case 3:
			write_data(b, (u8)(noise >> 8));
			break;
		case 4:
			data(b);
			break;
		case 5:
			key(b, (u8)(noise >> 8), noise & 1);
			break;
		default:
			move(b, (int)noise, (int)(noise * 7), (int)(noise >> 4), (u8)(noise >> 8));
		}
		assert_true(b->c.keyboard.typed.len <= PS2_QUEUE);
		assert_true(b->c.mouse.reports.len <= PS2_QUEUE);
		assert_int_equal(b->keyboard.line.level && b->mouse.line.level, false);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(resets_like_a_pc),
		TEST(a20_is_kept),
		TEST(seabios_finds_a_keyboard),
		TEST(linux_finds_both),
		TEST(ovmf_finds_a_keyboard),
		TEST(sets_1_and_2_say_the_same),
		TEST(some_keys_are_as_on_a_keyboard),
		TEST(set_1_can_be_chosen),
		TEST(too_many_keys_are_told),
		TEST(a_closed_interface_holds_keys_back),
		TEST(the_mouse_reports_motion),
		TEST(the_wheel_wants_a_knock),
		TEST(motion_waits_and_is_not_lost),
		TEST(the_mouse_can_be_asked),
		TEST(each_device_has_its_line),
		TEST(survives_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
