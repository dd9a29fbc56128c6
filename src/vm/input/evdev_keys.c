// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/evdev_keys.h"

#include <linux/input-event-codes.h>

#define E0(code) (INPUT_KEY_EXTENDED | (code))

/* Up to here, Linux numbers the keys of the first PCs as scan set 1 does. */
#define LAST_SAME KEY_KPDOT

static const u8 keys[] = {
	[KEY_ZENKAKUHANKAKU] = 0x76,
	[KEY_102ND] = 0x56,
	[KEY_F11] = 0x57,
	[KEY_F12] = 0x58,
	[KEY_RO] = 0x73,
	[KEY_KATAKANA] = 0x78,
	[KEY_HIRAGANA] = 0x77,
	[KEY_HENKAN] = 0x79,
	[KEY_KATAKANAHIRAGANA] = 0x70,
	[KEY_MUHENKAN] = 0x7b,
	[KEY_KPJPCOMMA] = 0x5c,
	[KEY_KPENTER] = E0(0x1c),
	[KEY_RIGHTCTRL] = E0(0x1d),
	[KEY_KPSLASH] = E0(0x35),
	[KEY_SYSRQ] = INPUT_KEY_PRINT,
	[KEY_RIGHTALT] = E0(0x38),
	[KEY_HOME] = E0(0x47),
	[KEY_UP] = E0(0x48),
	[KEY_PAGEUP] = E0(0x49),
	[KEY_LEFT] = E0(0x4b),
	[KEY_RIGHT] = E0(0x4d),
	[KEY_END] = E0(0x4f),
	[KEY_DOWN] = E0(0x50),
	[KEY_PAGEDOWN] = E0(0x51),
	[KEY_INSERT] = E0(0x52),
	[KEY_DELETE] = E0(0x53),
	[KEY_MUTE] = E0(0x20),
	[KEY_VOLUMEDOWN] = E0(0x2e),
	[KEY_VOLUMEUP] = E0(0x30),
	[KEY_POWER] = E0(0x5e),
	[KEY_KPEQUAL] = 0x59,
	[KEY_PAUSE] = INPUT_KEY_PAUSE,
	[KEY_KPCOMMA] = 0x7e,
	[KEY_YEN] = 0x7d,
	[KEY_LEFTMETA] = E0(0x5b),
	[KEY_RIGHTMETA] = E0(0x5c),
	[KEY_COMPOSE] = E0(0x5d),
	[KEY_STOP] = E0(0x68),
	[KEY_CALC] = E0(0x21),
	[KEY_SLEEP] = E0(0x5f),
	[KEY_WAKEUP] = E0(0x63),
	[KEY_MAIL] = E0(0x6c),
	[KEY_BOOKMARKS] = E0(0x66),
	[KEY_COMPUTER] = E0(0x6b),
	[KEY_BACK] = E0(0x6a),
	[KEY_FORWARD] = E0(0x69),
	[KEY_NEXTSONG] = E0(0x19),
	[KEY_PLAYPAUSE] = E0(0x22),
	[KEY_PREVIOUSSONG] = E0(0x10),
	[KEY_STOPCD] = E0(0x24),
	[KEY_HOMEPAGE] = E0(0x32),
	[KEY_REFRESH] = E0(0x67),
	[KEY_F13] = 0x64,
	[KEY_F14] = 0x65,
	[KEY_F15] = 0x66,
	[KEY_F16] = 0x67,
	[KEY_F17] = 0x68,
	[KEY_F18] = 0x69,
	[KEY_F19] = 0x6a,
	[KEY_F20] = 0x6b,
	[KEY_F21] = 0x6c,
	[KEY_F22] = 0x6d,
	[KEY_F23] = 0x6e,
	[KEY_SEARCH] = E0(0x65),
	[KEY_MEDIA] = E0(0x6d),
};

u8 evdev_key(unsigned code)
{
	if (code <= LAST_SAME)
		return (u8)code;
	return code < ARRAY_SIZE(keys) ? keys[code] : 0;
}

u8 evdev_button(unsigned code)
{
	switch (code) {
	case BTN_LEFT:
		return INPUT_LEFT;
	case BTN_RIGHT:
		return INPUT_RIGHT;
	case BTN_MIDDLE:
		return INPUT_MIDDLE;
	default:
		return 0;
	}
}
