// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/input_held.h"

void input_held_key(struct input_held *held, u8 key, bool down)
{
	held->keys[key] = down;
	held->input->key(held->input, key, down);
}

void input_held_pointer(struct input_held *held, int x, int y, int wheel, u8 buttons)
{
	held->buttons = buttons;
	held->input->pointer(held->input, x, y, wheel, buttons);
}

void input_held_place(
	struct input_held *held, const struct input_place *place, int wheel, u8 buttons)
{
	held->buttons = buttons;
	held->placed = true;
	held->place = (struct input_place){ .x = place->x, .y = place->y };
	input_place(held->input, place, wheel, buttons);
}

void input_held_release(struct input_held *held)
{
	for (unsigned key = 0; key < INPUT_KEYS; key++)
		if (held->keys[key])
			input_held_key(held, (u8)key, false);
	if (held->buttons && held->placed)
		input_held_place(held, &held->place, 0, 0);
	else if (held->buttons)
		input_held_pointer(held, 0, 0, 0, 0);
}
