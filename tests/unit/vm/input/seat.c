// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/seat.h"

#include <stdio.h>

#include "unit.h"
#include "vm/input/evdev_keys.h"

enum { KEYBOARD, MOUSE };

struct bench {
	struct seat seat;
	unsigned toggles;
	char told[512];          /* what the guest was told */
	bool held[INPUT_KEYS];   /* keys that the guest believes to be held */
	unsigned presses, wrong; /* @wrong: releases of keys that the guest does not know as held */
	u8 buttons;
};

static void say(struct bench *b, const char *text)
{
	size_t len = strlen(b->told);

	snprintf(b->told + len, sizeof(b->told) - len, "%s%s", len ? " " : "", text);
}

static void on_key(void *owner, u8 key, bool down)
{
	struct bench *b = owner;
	char text[32];

	snprintf(text, sizeof(text), "%c%02x", down ? '+' : '-', key);
	say(b, text);
	b->presses += down;
	b->wrong += !down && !b->held[key];
	b->held[key] = down;
}

static void on_pointer(void *owner, int x, int y, int wheel, u8 buttons)
{
	struct bench *b = owner;
	char text[48];

	snprintf(text, sizeof(text), "%d,%d,%d,%u", x, y, wheel, buttons);
	say(b, text);
	b->buttons = buttons;
}

/* As with one machine: the other side gets the events. */
static void on_toggle(void *owner)
{
	struct bench *b = owner;

	b->toggles++;
	seat_turn(&b->seat, !b->seat.guest);
}

static const struct seat_ops ops = { on_key, on_pointer, on_toggle };

static void begin(struct bench *b, enum seat_toggle toggle, bool guest)
{
	memset(b, 0, sizeof(*b));
	seat_init(&b->seat, toggle, &ops, b);
	seat_device_added(&b->seat, KEYBOARD, false);
	seat_device_added(&b->seat, MOUSE, false);
	seat_turn(&b->seat, guest);
}

static void key(struct bench *b, unsigned code, int value)
{
	seat_event(&b->seat, KEYBOARD, EV_KEY, code, value);
	seat_event(&b->seat, KEYBOARD, EV_SYN, SYN_REPORT, 0);
}

static void mouse(struct bench *b, unsigned type, unsigned code, int value)
{
	seat_event(&b->seat, MOUSE, type, code, value);
}

static void combination(struct bench *b, unsigned first, unsigned second)
{
	key(b, first, 1);
	key(b, second, 1);
	key(b, first, 0);
	key(b, second, 0);
}

static void assert_nothing_held(const struct bench *b)
{
	for (unsigned i = 0; i < INPUT_KEYS; i++)
		assert_false(b->held[i]);
	assert_int_equal(b->buttons, 0);
}

/* The host keeps its keys, the guest gets its own, and repeats come through. */
static void test_sides(void **state)
{
	struct bench b;

	begin(&b, SEAT_CTRL_CTRL, false);
	key(&b, KEY_A, 1);
	key(&b, KEY_A, 0);
	mouse(&b, EV_REL, REL_X, 5);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	assert_string_equal(b.told, "");
	combination(&b, KEY_LEFTCTRL, KEY_RIGHTCTRL);
	assert_int_equal(b.toggles, 1);
	assert_string_equal(b.told, "");
	key(&b, KEY_A, 1);
	key(&b, KEY_A, 2);
	key(&b, KEY_A, 0);
	key(&b, KEY_HOME, 1);
	key(&b, KEY_HOME, 0);
	assert_string_equal(b.told, "+1e +1e -1e +c7 -c7");
}

/* The change waits for the last key and the last button. */
static void test_waits(void **state)
{
	struct bench b;

	begin(&b, SEAT_CTRL_CTRL, true);
	key(&b, KEY_W, 1);
	mouse(&b, EV_KEY, BTN_LEFT, 1);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	combination(&b, KEY_LEFTCTRL, KEY_RIGHTCTRL);
	assert_int_equal(b.toggles, 0);
	key(&b, KEY_W, 0);
	assert_int_equal(b.toggles, 0);
	mouse(&b, EV_KEY, BTN_LEFT, 0);
	assert_int_equal(b.toggles, 1);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	assert_nothing_held(&b);
	assert_int_equal(b.wrong, 0);
}

/* A key that never comes up holds nobody up who asks twice, and does not stay pressed. */
static void test_stuck(void **state)
{
	struct bench b;

	begin(&b, SEAT_CTRL_CTRL, true);
	key(&b, KEY_F, 1);
	combination(&b, KEY_LEFTCTRL, KEY_RIGHTCTRL);
	assert_int_equal(b.toggles, 0);
	combination(&b, KEY_LEFTCTRL, KEY_RIGHTCTRL);
	assert_int_equal(b.toggles, 1);
	assert_false(b.seat.guest);
	assert_nothing_held(&b);
	/* And back, with the key still held. */
	combination(&b, KEY_LEFTCTRL, KEY_RIGHTCTRL);
	assert_int_equal(b.toggles, 2);
	key(&b, KEY_F, 0);
	assert_nothing_held(&b);
}

static void test_device_goes(void **state)
{
	struct bench b;

	begin(&b, SEAT_CTRL_CTRL, true);
	key(&b, KEY_LEFTSHIFT, 1);
	mouse(&b, EV_KEY, BTN_RIGHT, 1);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	assert_int_equal(b.buttons, INPUT_RIGHT);
	combination(&b, KEY_LEFTCTRL, KEY_RIGHTCTRL);
	seat_device_gone(&b.seat, MOUSE);
	assert_int_equal(b.toggles, 0);
	seat_device_gone(&b.seat, KEYBOARD);
	assert_nothing_held(&b);
	assert_int_equal(b.toggles, 1);
	/* Events of a device that is not there do nothing. */
	key(&b, KEY_A, 1);
	seat_event(&b.seat, SEAT_DEVICES, EV_KEY, KEY_A, 1);
	assert_false(b.held[0x1e]);
}

static void test_wheel(void **state)
{
	struct bench b;

	begin(&b, SEAT_CTRL_CTRL, true);
	mouse(&b, EV_REL, REL_WHEEL, 1);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	assert_string_equal(b.told, "0,0,-1,0");
	/* A fine wheel: its quarters of a notch are added up, and its REL_WHEEL is not counted. */
	b.told[0] = '\0';
	seat_device_added(&b.seat, MOUSE, true);
	for (unsigned i = 0; i < 4; i++) {
		mouse(&b, EV_REL, REL_WHEEL_HI_RES, -30);
		if (i == 3)
			mouse(&b, EV_REL, REL_WHEEL, -1);
		mouse(&b, EV_SYN, SYN_REPORT, 0);
	}
	assert_string_equal(b.told, "0,0,1,0");
	/* Turning round begins a new notch. */
	b.told[0] = '\0';
	mouse(&b, EV_REL, REL_WHEEL_HI_RES, -110);
	mouse(&b, EV_REL, REL_WHEEL_HI_RES, 20);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	assert_string_equal(b.told, "");
	assert_int_equal(b.seat.wheel, 20);
	/* A lie is cut off. */
	mouse(&b, EV_REL, REL_X, INT32_MAX);
	mouse(&b, EV_REL, REL_X, INT32_MAX);
	mouse(&b, EV_REL, REL_Y, INT32_MIN);
	mouse(&b, EV_REL, REL_WHEEL, INT32_MIN);
	mouse(&b, EV_SYN, SYN_REPORT, 0);
	assert_string_equal(b.told, "10000,-10000,0,0");
}

static void test_combinations(void **state)
{
	static const unsigned keys[NR_SEAT_TOGGLES][2] = {
		{ KEY_LEFTCTRL, KEY_RIGHTCTRL },
		{ KEY_RIGHTALT, KEY_LEFTALT },
		{ KEY_LEFTSHIFT, KEY_RIGHTSHIFT },
		{ KEY_LEFTMETA, KEY_RIGHTMETA },
		{ KEY_SCROLLLOCK, KEY_SCROLLLOCK },
		{ KEY_RIGHTCTRL, KEY_SCROLLLOCK },
	};
	struct bench b;

	for (unsigned toggle = 0; toggle < NR_SEAT_TOGGLES; toggle++) {
		for (unsigned typed = 0; typed < NR_SEAT_TOGGLES; typed++) {
			/* Ctrl-ScrollLock holds the other's ScrollLock. */
			bool expected = toggle == typed || (toggle == SEAT_SCROLL_LOCK &&
								   typed == SEAT_CTRL_SCROLL_LOCK);

			begin(&b, toggle, true);
			combination(&b, keys[typed][0], keys[typed][1]);
			assert_int_equal(b.toggles, expected);
			assert_nothing_held(&b);
		}
		begin(&b, toggle, true);
		key(&b, KEY_SCROLLLOCK, 1);
		key(&b, KEY_SCROLLLOCK, 0);
		/* A ScrollLock that changes sides is not typed. */
		assert_string_equal(b.told, toggle < SEAT_SCROLL_LOCK ? "+46 -46" : "");
	}
}

/* Whatever comes, in whatever order: no key stays held in a guest that gets no events. */
static void test_random(void **state)
{
	static const unsigned codes[] = { KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_A, KEY_F12, BTN_LEFT,
		KEY_CNT + 5, KEY_PAUSE };
	struct bench b;

	begin(&b, SEAT_CTRL_CTRL, true);
	srandom(1);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned device = (unsigned)random() % 3;

		switch (random() % 40) {
		case 0:
			seat_device_gone(&b.seat, device);
			break;
		case 1:
			if (!b.seat.devices[device].present)
				seat_device_added(&b.seat, device, random() % 2);
			break;
		case 2:
			seat_event(&b.seat, device, EV_REL, (unsigned)random() % 16,
				(int)random() % 400 - 200);
			break;
		default:
			seat_event(&b.seat, device, EV_KEY,
				codes[(unsigned)random() % ARRAY_SIZE(codes)], (int)(random() % 4));
			seat_event(&b.seat, device, EV_SYN, SYN_REPORT, 0);
		}
		if (!b.seat.guest)
			assert_nothing_held(&b);
		b.told[0] = '\0';
	}
	assert_true(b.toggles > 100);
	assert_true(b.presses > 1000);
}

static void test_keys(void **state)
{
	bool seen[INPUT_KEYS] = { false };

	for (unsigned code = 0; code < KEY_CNT + 100; code++) {
		u8 key = evdev_key(code);

		assert_false(key && seen[key]);
		seen[key] = true;
	}
	assert_int_equal(evdev_key(KEY_ESC), 1);
	assert_int_equal(evdev_key(KEY_SLASH), 0x35);
	assert_int_equal(evdev_key(KEY_KPSLASH), 0xb5);
	assert_int_equal(evdev_key(KEY_F12), 0x58);
	assert_int_equal(evdev_key(BTN_LEFT), 0);
	assert_int_equal(evdev_button(BTN_MIDDLE), INPUT_MIDDLE);
	assert_int_equal(evdev_button(KEY_A), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sides),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_device_goes),
		cmocka_unit_test(test_wheel),
		cmocka_unit_test(test_combinations),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
