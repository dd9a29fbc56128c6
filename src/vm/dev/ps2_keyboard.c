// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/ps2_keyboard.h"

#include "vm/dev/input.h"
#include "vm/dev/scancodes.h"

#define SET_LEDS     0xed
#define ECHO         0xee
#define SCAN_SET     0xf0
#define IDENTIFY     0xf2
#define SET_REPEAT   0xf3
#define ENABLE       0xf4
#define DISABLE      0xf5
#define SET_DEFAULTS 0xf6
#define ALL_KEYS     0xf7 /* to FDh: settings of single keys, for set 3 only */
#define ALL_KEYS_END 0xfd
#define RESEND       0xfe
#define RESET        0xff

#define ACK     0xfa
#define NAK     0xfe
#define PASSED  0xaa
#define ID_HIGH 0xab
#define ID_LOW  0x83

/* The overrun code of each set. */
#define OVERRUN_SET_1 0xff
#define OVERRUN_SET_2 0x00

static void set_defaults(struct ps2_keyboard *k)
{
	k->typed = (struct ps2_queue){ 0 };
	k->overrun = false;
	k->set = 2;
}

void ps2_keyboard_reset(struct ps2_keyboard *k)
{
	*k = (struct ps2_keyboard){ .scanning = true };
	set_defaults(k);
}

static void choose_set(struct ps2_keyboard *k, u8 set)
{
	if (set > 2) {
		ps2_queue_add(&k->replies, NAK);
		return;
	}
	ps2_queue_add(&k->replies, ACK);
	if (!set)
		ps2_queue_add(&k->replies, k->set);
	else
		k->set = set;
}

/* Parameters for key repetition have no effect. */
static void take_parameter(struct ps2_keyboard *k, u8 byte)
{
	u8 command = k->command;

	k->command = 0;
	if (command == SCAN_SET)
		choose_set(k, byte);
	else
		ps2_queue_add(&k->replies, ACK);
	if (command == SET_LEDS)
		k->leds = byte & INPUT_LED_ALL;
}

static void take_command(struct ps2_keyboard *k, u8 byte)
{
	bool known = true;

	switch (byte) {
	case ECHO:
		ps2_queue_add(&k->replies, ECHO);
		return;
	case RESEND:
		ps2_queue_add(&k->replies, k->last_sent);
		return;
	case SET_LEDS:
	case SCAN_SET:
	case SET_REPEAT:
		k->command = byte;
		break;
	case ENABLE:
		k->scanning = true;
		break;
	case DISABLE:
	case SET_DEFAULTS:
	case RESET:
		set_defaults(k);
		k->scanning = byte != DISABLE;
		break;
	case IDENTIFY:
	case ALL_KEYS ... ALL_KEYS_END:
		break;
	default:
		known = false;
	}
	ps2_queue_add(&k->replies, known ? ACK : NAK);
	if (byte == RESET)
		ps2_queue_add(&k->replies, PASSED);
	if (byte == IDENTIFY) {
		ps2_queue_add(&k->replies, ID_HIGH);
		ps2_queue_add(&k->replies, ID_LOW);
	}
}

void ps2_keyboard_write(struct ps2_keyboard *k, u8 byte)
{
	/* A new byte cancels the reply to the previous one. */
	k->replies = (struct ps2_queue){ 0 };
	/* A byte from EDh on is a command, even if the previous command waits for a parameter. */
	if (k->command && byte < SET_LEDS) {
		take_parameter(k, byte);
		return;
	}
	k->command = 0;
	take_command(k, byte);
}

bool ps2_keyboard_take(struct ps2_keyboard *k, u8 *byte)
{
	if (!ps2_queue_take(&k->replies, byte)) {
		if (!ps2_queue_take(&k->typed, byte))
			return false;
		/* The overrun code was the last byte of the queue. */
		k->overrun &= k->typed.len > 0;
	}
	k->last_sent = *byte;
	return true;
}

/* One byte is reserved for the overrun code. */
static bool has_room(const struct ps2_keyboard *k, unsigned bytes)
{
	return ps2_queue_room(&k->typed) > bytes;
}

bool ps2_keyboard_ready(const struct ps2_keyboard *k)
{
	return has_room(k, SCANCODE_MAX);
}

void ps2_keyboard_key(struct ps2_keyboard *k, u8 key, bool down)
{
	u8 bytes[SCANCODE_MAX];
	unsigned n;

	if (!k->scanning)
		return;
	n = scancode_bytes(key, down, k->set, bytes);
	if (!k->overrun && has_room(k, n)) {
		for (unsigned i = 0; i < n; i++)
			ps2_queue_add(&k->typed, bytes[i]);
	} else if (!k->overrun) {
		k->overrun = true;
		ps2_queue_add(&k->typed, k->set == 1 ? OVERRUN_SET_1 : OVERRUN_SET_2);
	}
}
