/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 keyboard with scan sets 1 and 2. It does not repeat a held key: the caller does.
 *
 * The keyboard controller owns the struct and guards it with its lock.
 */
#ifndef VM_DEV_PS2_KEYBOARD_H
#define VM_DEV_PS2_KEYBOARD_H

#include "vm/dev/ps2_queue.h"

struct ps2_keyboard {
	struct ps2_queue replies; /* answers to commands; they are sent before typed keys */
	struct ps2_queue typed;
	u8 command;   /* the command that waits for its parameter, or 0 */
	u8 last_sent; /* for "resend" */
	u8 set;       /* 1 or 2 */
	u8 leds;      /* INPUT_LED_*, as the guest has set them */
	bool scanning;
	bool overrun; /* the last byte of @typed reports that keys were lost */
};

/* Sets the state after power-on. */
void ps2_keyboard_reset(struct ps2_keyboard *keyboard);
/* Takes a byte that the controller sends. */
void ps2_keyboard_write(struct ps2_keyboard *keyboard, u8 byte);
/* Returns the next byte for the controller in *@byte, or false if there is none. */
bool ps2_keyboard_take(struct ps2_keyboard *keyboard, u8 *byte);
/* Whether there is room for the bytes of any key. */
bool ps2_keyboard_ready(const struct ps2_keyboard *keyboard);
/*
 * @key: see vm/dev/scancodes.h. A key that does not fit is lost, and the keyboard reports an
 * overrun.
 */
void ps2_keyboard_key(struct ps2_keyboard *keyboard, u8 key, bool down);

#endif
