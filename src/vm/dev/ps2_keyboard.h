/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 keyboard, scan sets 1 and 2. Keys do not repeat by themselves: who presses them does.
 *
 * The struct is the controller's, whose lock guards it.
 */
#ifndef VM_DEV_PS2_KEYBOARD_H
#define VM_DEV_PS2_KEYBOARD_H

#include "vm/dev/ps2_queue.h"

struct ps2_keyboard {
	struct ps2_queue replies; /* to commands; before what was typed */
	struct ps2_queue typed;
	u8 command;   /* that waits for its parameter, or 0 */
	u8 last_sent; /* for "resend" */
	u8 set;       /* 1 or 2 */
	bool scanning;
	bool overrun; /* the last of @typed says that more is lost */
};

/* As after power-on. */
void ps2_keyboard_reset(struct ps2_keyboard *keyboard);
/* A byte of the controller's. */
void ps2_keyboard_write(struct ps2_keyboard *keyboard, u8 byte);
/* The next byte for the controller; false: there is none. */
bool ps2_keyboard_take(struct ps2_keyboard *keyboard, u8 *byte);
/* Whether any key's bytes would fit. */
bool ps2_keyboard_ready(const struct ps2_keyboard *keyboard);
/* @key: see vm/dev/scancodes.h. What does not fit is lost, and the keyboard says so. */
void ps2_keyboard_key(struct ps2_keyboard *keyboard, u8 key, bool down);

#endif
