// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/scancodes.h"

#include <string.h>

#include "vm/dev/input.h"

/* The controller's translation of each byte of set 2, up to the last one that it changes. */
/* clang-format off */
static const u8 translated[] = {
	0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40,
	0x3e, 0x0f, 0x29, 0x59, 0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a,
	0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b, 0x67, 0x2e, 0x2d, 0x20,
	0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
	0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24,
	0x16, 0x08, 0x09, 0x5f, 0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60,
	0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61, 0x6d, 0x73, 0x28, 0x74,
	0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
	0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b,
	0x47, 0x7e, 0x7f, 0x6f, 0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45,
	0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54, 0x80, 0x81, 0x82, 0x41,
	0x54,
};
/* clang-format on */

u8 scancode_translate(u8 byte)
{
	return byte < sizeof(translated) ? translated[byte] : byte;
}

/*
 * The last byte of set 2 that is translated to @code. If there are two, the first is not the code
 * of a key.
 */
static u8 second_set(u8 code)
{
	for (unsigned i = sizeof(translated); i-- > 1;)
		if (translated[i] == code)
			return (u8)i;
	return 0;
}

static unsigned put(u8 bytes[SCANCODE_MAX], const char *text, unsigned len)
{
	memcpy(bytes, text, len);
	return len;
}

/* Pause sends make and break codes together when it is pressed, and nothing when it is released. */
static unsigned put_pause(bool down, unsigned set, u8 bytes[SCANCODE_MAX])
{
	if (!down)
		return 0;
	return set == 1 ? put(bytes, "\xe1\x1d\x45\xe1\x9d\xc5", 6)
			: put(bytes, "\xe1\x14\x77\xe1\xf0\x14\xf0\x77", 8);
}

/*
 * Print Screen comes with a fake Shift, by which the first PCs distinguished it from the * key of
 * the keypad.
 */
static unsigned put_print(bool down, unsigned set, u8 bytes[SCANCODE_MAX])
{
	if (set == 1)
		return put(bytes, down ? "\xe0\x2a\xe0\x37" : "\xe0\xb7\xe0\xaa", 4);
	return down ? put(bytes, "\xe0\x12\xe0\x7c", 4) : put(bytes, "\xe0\xf0\x7c\xe0\xf0\x12", 6);
}

unsigned scancode_bytes(u8 key, bool down, unsigned set, u8 bytes[SCANCODE_MAX])
{
	u8 code = key & ~INPUT_KEY_EXTENDED, second = second_set(code);
	unsigned n = 0;

	if (key == INPUT_KEY_PAUSE)
		return put_pause(down, set, bytes);
	if (key == INPUT_KEY_PRINT)
		return put_print(down, set, bytes);
	if (!code || !second)
		return 0;
	if (key & INPUT_KEY_EXTENDED)
		bytes[n++] = SCANCODE_EXTENDED;
	if (set == 1) {
		bytes[n++] = down ? code : code | SCANCODE_UP;
		return n;
	}
	if (!down)
		bytes[n++] = SCANCODE_BREAK;
	bytes[n++] = second;
	return n;
}
