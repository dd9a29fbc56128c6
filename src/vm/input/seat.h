/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboards and mice of a desk that the host and a guest share, as a state machine: which keys
 * are held, whether the events go to the guest, and when the person asks for the other side.
 *
 * The person asks with a combination of keys. The change waits until every key and button is up, so
 * that none stays pressed on the side that no longer hears of its release. A key that never comes
 * up (a broken device, a book on the keyboard) would prevent the change for ever, so asking a
 * second time no longer waits for the keys that are held then.
 *
 * Pure: events come in as linux/input.h describes them, and leave through struct seat_ops. One
 * thread owns the struct.
 */
#ifndef VM_INPUT_SEAT_H
#define VM_INPUT_SEAT_H

#include <linux/input-event-codes.h>

#include "base/types.h"

#define SEAT_DEVICES 16

/* The keys that change the side. Ctrl, Alt, Shift, Meta: the left and the right one together. */
enum seat_toggle {
	SEAT_CTRL_CTRL,
	SEAT_ALT_ALT,
	SEAT_SHIFT_SHIFT,
	SEAT_META_META,
	SEAT_SCROLL_LOCK,
	SEAT_CTRL_SCROLL_LOCK,
	NR_SEAT_TOGGLES,
};

/* How users name them; indexed by enum seat_toggle. */
extern const char *const seat_toggle_names[NR_SEAT_TOGGLES];

struct seat_ops {
	/* For the guest; keys and buttons as in vm/dev/input.h. */
	void (*key)(void *owner, u8 key, bool down);
	void (*pointer)(void *owner, int x, int y, int wheel, u8 buttons);
	/* The person has asked for the other side, and all keys are up. */
	void (*toggle)(void *owner);
};

struct seat_device {
	bool present;
	bool fine_wheel; /* it sends REL_WHEEL_HI_RES, so REL_WHEEL is the same motion again */
	u64 down[KEY_CNT / 64];
	u64 ignored[KEY_CNT / 64]; /* keys that are held, and that the change does not wait for */
};

struct seat {
	const struct seat_ops *ops;
	void *owner;
	enum seat_toggle toggle;
	struct seat_device devices[SEAT_DEVICES];
	bool guest; /* the guest gets the events */
	bool asked; /* the person has asked for the other side */
	int x, y;   /* motion since the last report */
	int wheel;  /* in 120ths of a notch, away from the person */
	u8 buttons;
	bool moved;
};

void seat_init(struct seat *seat, enum seat_toggle toggle, const struct seat_ops *ops, void *owner);

/* @device: a number below SEAT_DEVICES that is free. */
void seat_device_added(struct seat *seat, unsigned device, bool fine_wheel);
/* Releases what is held on the device. */
void seat_device_gone(struct seat *seat, unsigned device);

/* Takes an event of a device. Types, codes and values that are not understood are ignored. */
void seat_event(struct seat *seat, unsigned device, unsigned type, unsigned code, int value);

/* Asks for the other side, as the combination of keys does. */
void seat_ask(struct seat *seat);

/*
 * The events go to the guest from now on, or to the host. Releases what the guest believes to be
 * held.
 */
void seat_turn(struct seat *seat, bool guest);

#endif
