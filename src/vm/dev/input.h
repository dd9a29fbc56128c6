/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keyboard and a mouse, as those who have one on the host hand on what a person does. Any thread,
 * without a lock that the callbacks might take.
 *
 * A key is a number of the PC's scan set 1: 01h to 7Fh, with KEY_EXTENDED where E0h comes before.
 */
#ifndef VM_DEV_INPUT_H
#define VM_DEV_INPUT_H

#include "base/types.h"

#define INPUT_KEY_EXTENDED 0x80
#define INPUT_KEY_PRINT    (INPUT_KEY_EXTENDED | 0x37)
#define INPUT_KEY_PAUSE    (INPUT_KEY_EXTENDED | 0x45) /* no PC sends that: it has E1h instead */
#define INPUT_KEYS         0x100

#define INPUT_LEFT   BIT(0)
#define INPUT_RIGHT  BIT(1)
#define INPUT_MIDDLE BIT(2)

struct input {
	/* Whether a key would find room now. */
	bool (*ready)(struct input *input);
	void (*key)(struct input *input, u8 key, bool down);
	/* Motion to the right, down, and of the wheel towards the person; INPUT_* are held now. */
	void (*pointer)(struct input *input, int x, int y, int wheel, u8 buttons);
};

#endif
