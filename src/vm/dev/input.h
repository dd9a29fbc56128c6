/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keyboard and a mouse to which a source of input on the host (a VNC viewer) passes what a person
 * does. The functions may be called from any thread that holds no lock that they might take.
 *
 * A key is its code in the PC's scan set 1, 01h to 7Fh, with INPUT_KEY_EXTENDED if the prefix E0h
 * comes before it.
 */
#ifndef VM_DEV_INPUT_H
#define VM_DEV_INPUT_H

#include "base/types.h"

#define INPUT_KEY_EXTENDED 0x80
#define INPUT_KEY_PRINT    (INPUT_KEY_EXTENDED | 0x37)
#define INPUT_KEY_PAUSE    (INPUT_KEY_EXTENDED | 0x45) /* on a real PC a sequence with E1h */
#define INPUT_KEYS         0x100

#define INPUT_PLACE_MAX 0x7fff /* of @x and @y: the right and the lower edge of the screen */

#define INPUT_LEFT   BIT(0)
#define INPUT_RIGHT  BIT(1)
#define INPUT_MIDDLE BIT(2)

/* As the keyboard's command EDh has them. */
#define INPUT_LED_SCROLL BIT(0)
#define INPUT_LED_NUM    BIT(1)
#define INPUT_LED_CAPS   BIT(2)
#define INPUT_LED_ALL    (BIT(0) | BIT(1) | BIT(2))

struct input_place {
	int x, y;   /* of the screen, 0 to INPUT_PLACE_MAX */
	int dx, dy; /* as the motion of pointer() */
};

struct input {
	/* Whether there is room for a key now. */
	bool (*ready)(struct input *input);
	void (*key)(struct input *input, u8 key, bool down);
	/*
	 * @x: motion to the right, @y: down, @wheel: towards the person. @buttons: the INPUT_*
	 * buttons that are held now.
	 */
	void (*pointer)(struct input *input, int x, int y, int wheel, u8 buttons);
	/*
	 * The same where the source knows the place on the guest's screen, from 0 to
	 * INPUT_PLACE_MAX. Its motion is for a guest that has no device for places. NULL:
	 * it never has; see input_place().
	 */
	void (*place)(struct input *input, const struct input_place *place, int wheel, u8 buttons);
	/*
	 * Set by who wants to know: the guest has changed its keyboard's lights. @leds: INPUT_LED_*
	 * bits. Called with the keyboard's lock held. NULL: nobody.
	 */
	void (*leds)(void *owner, u8 leds);
	void *leds_owner;
};

/* Passes a place on, or its motion where the input takes no places. */
static inline void input_place(
	struct input *input, const struct input_place *place, int wheel, u8 buttons)
{
	if (input->place)
		input->place(input, place, wheel, buttons);
	else
		input->pointer(input, place->dx, place->dy, wheel, buttons);
}

#endif
