/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the machine and the process that reads its keyboards and mice tell each other: messages of
 * one size over a SOCK_SEQPACKET pair. Neither trusts the other; what is not understood is ignored.
 */
#ifndef VM_INPUT_MESSAGE_H
#define VM_INPUT_MESSAGE_H

#include "base/types.h"

enum input_message_kind {
	/* To the machine: */
	INPUT_READY,   /* the first: all devices are open. Instead of it, text tells what failed */
	INPUT_KEY,     /* @code: a key of vm/dev/input.h; @value: 1 it is pressed, 0 released */
	INPUT_POINTER, /* @x, @y: motion; @value: notches of the wheel; @code: buttons that are held
			*/
	/* To the reader: */
	INPUT_BEGIN, /* the guest runs */
	INPUT_LEDS,  /* @code: INPUT_LED_* of vm/dev/input.h */
};

struct input_message {
	u8 kind;
	u8 code;
	s16 value;
	s16 x, y;
};

/* The most bytes of the text of a failure: a sentence, and after a newline its help. */
#define INPUT_FAILURE_MAX 1300

#endif
