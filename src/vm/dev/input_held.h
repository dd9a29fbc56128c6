/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a source of input on the host has pressed in a guest, so that nothing stays pressed when the
 * source is gone. Its one thread owns the struct, whose ->input it sets; all else begins as zero.
 */
#ifndef VM_DEV_INPUT_HELD_H
#define VM_DEV_INPUT_HELD_H

#include "vm/dev/input.h"

struct input_held {
	struct input *input;
	bool keys[INPUT_KEYS];
	u8 buttons;               /* INPUT_* */
	bool placed;              /* the source says places, */
	struct input_place place; /* and this is the last one, without its motion */
};

/* As the functions of struct input, which they call. */
void input_held_key(struct input_held *held, u8 key, bool down);
void input_held_pointer(struct input_held *held, int x, int y, int wheel, u8 buttons);
/* Passes the motion on where the input takes no places. */
void input_held_place(
	struct input_held *held, const struct input_place *place, int wheel, u8 buttons);
void input_held_release(struct input_held *held);

#endif
