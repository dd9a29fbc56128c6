// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/seat.h"

#include <string.h>

#include "vm/input/evdev_keys.h"

#define NOTCH 120 /* of REL_WHEEL_HI_RES's units */

/* More motion than this in one report is cut off: no hand moves so far. */
#define MOTION_MAX 10000

const char *const seat_toggle_names[NR_SEAT_TOGGLES] = {
	[SEAT_CTRL_CTRL] = "ctrl-ctrl",
	[SEAT_ALT_ALT] = "alt-alt",
	[SEAT_SHIFT_SHIFT] = "shift-shift",
	[SEAT_META_META] = "meta-meta",
	[SEAT_SCROLL_LOCK] = "scrolllock",
	[SEAT_CTRL_SCROLL_LOCK] = "ctrl-scrolllock",
};

void seat_init(struct seat *seat, enum seat_toggle toggle, const struct seat_ops *ops, void *owner)
{
	*seat = (struct seat){ .ops = ops, .owner = owner, .toggle = toggle };
}

static bool bit_of(const u64 *bits, unsigned code)
{
	return bits[code / 64] >> code % 64 & 1;
}

static void set_bit(u64 *bits, unsigned code, bool value)
{
	u64 mask = 1ull << code % 64;

	bits[code / 64] = value ? bits[code / 64] | mask : bits[code / 64] & ~mask;
}

static bool is_held(const struct seat *seat, unsigned code)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		if (bit_of(seat->devices[i].down, code))
			return true;
	return false;
}

/* Whether a key or button is held for which the change waits. */
static bool must_wait(const struct seat *seat)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		for (unsigned n = 0; n < ARRAY_SIZE(seat->devices[i].down); n++)
			if (seat->devices[i].down[n] & ~seat->devices[i].ignored[n])
				return true;
	return false;
}

static bool is_ctrl(unsigned code)
{
	return code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL;
}

/* Whether the key belongs to the combination, whatever else is held. */
static bool is_part(const struct seat *seat, unsigned code)
{
	switch (seat->toggle) {
	case SEAT_CTRL_CTRL:
		return is_ctrl(code);
	case SEAT_ALT_ALT:
		return code == KEY_LEFTALT || code == KEY_RIGHTALT;
	case SEAT_SHIFT_SHIFT:
		return code == KEY_LEFTSHIFT || code == KEY_RIGHTSHIFT;
	case SEAT_META_META:
		return code == KEY_LEFTMETA || code == KEY_RIGHTMETA;
	case SEAT_SCROLL_LOCK:
		return code == KEY_SCROLLLOCK;
	case SEAT_CTRL_SCROLL_LOCK:
		return code == KEY_SCROLLLOCK || is_ctrl(code);
	case NR_SEAT_TOGGLES:
		break;
	}
	return false;
}

/* Whether pressing @code has completed the combination. */
static bool is_complete(const struct seat *seat, unsigned code)
{
	bool ctrl = is_held(seat, KEY_LEFTCTRL) || is_held(seat, KEY_RIGHTCTRL);

	if (!is_part(seat, code))
		return false;
	switch (seat->toggle) {
	case SEAT_CTRL_CTRL:
		return is_held(seat, KEY_LEFTCTRL) && is_held(seat, KEY_RIGHTCTRL);
	case SEAT_ALT_ALT:
		return is_held(seat, KEY_LEFTALT) && is_held(seat, KEY_RIGHTALT);
	case SEAT_SHIFT_SHIFT:
		return is_held(seat, KEY_LEFTSHIFT) && is_held(seat, KEY_RIGHTSHIFT);
	case SEAT_META_META:
		return is_held(seat, KEY_LEFTMETA) && is_held(seat, KEY_RIGHTMETA);
	case SEAT_SCROLL_LOCK:
		return true;
	case SEAT_CTRL_SCROLL_LOCK:
		return code == KEY_SCROLLLOCK && ctrl;
	case NR_SEAT_TOGGLES:
		break;
	}
	return false;
}

static void report(struct seat *seat)
{
	int notches = seat->wheel / NOTCH;

	if (!seat->moved && !notches)
		return;
	seat->wheel -= notches * NOTCH;
	seat->ops->pointer(seat->owner, seat->x, seat->y, -notches, seat->buttons);
	seat->x = seat->y = 0;
	seat->moved = false;
}

static void change_if_asked(struct seat *seat)
{
	if (!seat->asked || must_wait(seat))
		return;
	seat->asked = false;
	seat->ops->toggle(seat->owner);
}

/* No longer waits for the keys that are held now, but for those of the combination. */
static void ignore_held(struct seat *seat)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		for (unsigned code = 0; code < KEY_CNT; code++)
			if (bit_of(seat->devices[i].down, code) && !is_part(seat, code))
				set_bit(seat->devices[i].ignored, code, true);
}

void seat_ask(struct seat *seat)
{
	if (seat->asked)
		ignore_held(seat);
	seat->asked = true;
	change_if_asked(seat);
}

/* Passes a key or button to the guest. */
static void pass(struct seat *seat, unsigned code, bool down)
{
	u8 button = evdev_button(code), key = evdev_key(code);

	if (button) {
		seat->buttons = down ? seat->buttons | button : seat->buttons & ~button;
		seat->moved = true;
	} else if (key && !(code == KEY_SCROLLLOCK && is_part(seat, code))) {
		seat->ops->key(seat->owner, key, down);
	}
}

static void on_key(struct seat *seat, struct seat_device *device, unsigned code, int value)
{
	bool down = value, was_down;

	if (code >= KEY_CNT || value < 0 || value > 2)
		return;
	was_down = bit_of(device->down, code);
	if (value == 2 && !was_down)
		return;
	/* A held key that repeats is pressed again, as a PS/2 keyboard does. Buttons do not. */
	if (seat->guest && (value == 2 || was_down != down))
		pass(seat, code, down);
	if (value == 2)
		return;
	set_bit(device->down, code, down);
	if (!down)
		set_bit(device->ignored, code, false);
	if (down && !was_down && is_complete(seat, code))
		seat_ask(seat);
	else
		change_if_asked(seat);
}

static int add(int sum, int value)
{
	s64 wide = (s64)sum + value;

	return wide > MOTION_MAX ? MOTION_MAX : wide < -MOTION_MAX ? -MOTION_MAX : (int)wide;
}

static void on_motion(struct seat *seat, const struct seat_device *device, unsigned code, int value)
{
	switch (code) {
	case REL_X:
		seat->x = add(seat->x, value);
		seat->moved = true;
		return;
	case REL_Y:
		seat->y = add(seat->y, value);
		seat->moved = true;
		return;
	case REL_WHEEL:
		if (device->fine_wheel)
			return;
		value = add(0, value) * NOTCH;
		break;
	case REL_WHEEL_HI_RES:
		break;
	default:
		return;
	}
	/* What is left of a notch in the other direction does not count. */
	if ((seat->wheel < 0) != (value < 0))
		seat->wheel = 0;
	seat->wheel = add(seat->wheel, value);
}

void seat_event(struct seat *seat, unsigned number, unsigned type, unsigned code, int value)
{
	struct seat_device *device = &seat->devices[number];

	if (number >= SEAT_DEVICES || !device->present)
		return;
	if (type == EV_KEY)
		on_key(seat, device, code, value);
	else if (type == EV_REL && seat->guest)
		on_motion(seat, device, code, value);
	else if (type == EV_SYN && code == SYN_REPORT && seat->guest)
		report(seat);
}

void seat_device_added(struct seat *seat, unsigned number, bool fine_wheel)
{
	seat->devices[number] = (struct seat_device){ .present = true, .fine_wheel = fine_wheel };
}

void seat_device_gone(struct seat *seat, unsigned number)
{
	struct seat_device *device = &seat->devices[number];

	for (unsigned code = 0; code < KEY_CNT && device->present; code++)
		if (bit_of(device->down, code))
			on_key(seat, device, code, 0);
	if (seat->guest)
		report(seat);
	*device = (struct seat_device){ 0 };
}

void seat_turn(struct seat *seat, bool guest)
{
	for (unsigned i = 0; i < SEAT_DEVICES && seat->guest; i++)
		for (unsigned code = 0; code < KEY_CNT; code++)
			if (bit_of(seat->devices[i].down, code))
				pass(seat, code, false);
	if (seat->guest)
		report(seat);
	seat->guest = guest;
	seat->x = seat->y = seat->wheel = 0;
	seat->buttons = 0;
	seat->moved = false;
}
