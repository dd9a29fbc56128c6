// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/keys.h"

#include <rfb/keysym.h>
#include <string.h>

#define E(key) (INPUT_KEY_EXTENDED | (key))

/* The printing keys, row by row, starting with the key @first, without and with Shift. */
static const struct {
	u8 first;
	const char *plain, *shifted;
} rows[] = {
	{ 0x02, "1234567890-=", "!@#$%^&*()_+" },
	{ 0x10, "qwertyuiop[]", "QWERTYUIOP{}" },
	{ 0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
	{ 0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
	{ 0x39, " ", " " },
};

static const struct {
	u32 keysym;
	u8 key;
} others[] = {
	{ XK_Escape, 0x01 },
	{ XK_BackSpace, 0x0e },
	{ XK_Tab, 0x0f },
	{ XK_ISO_Left_Tab, 0x0f },
	{ XK_Return, 0x1c },
	{ XK_Control_L, 0x1d },
	{ XK_Shift_L, 0x2a },
	{ XK_Shift_R, 0x36 },
	{ XK_KP_Multiply, 0x37 },
	{ XK_Alt_L, 0x38 },
	{ XK_Meta_L, 0x38 },
	{ XK_Caps_Lock, 0x3a },
	{ XK_F1, 0x3b },
	{ XK_F2, 0x3c },
	{ XK_F3, 0x3d },
	{ XK_F4, 0x3e },
	{ XK_F5, 0x3f },
	{ XK_F6, 0x40 },
	{ XK_F7, 0x41 },
	{ XK_F8, 0x42 },
	{ XK_F9, 0x43 },
	{ XK_F10, 0x44 },
	{ XK_Num_Lock, 0x45 },
	{ XK_Scroll_Lock, 0x46 },
	{ XK_KP_7, 0x47 },
	{ XK_KP_Home, 0x47 },
	{ XK_KP_8, 0x48 },
	{ XK_KP_Up, 0x48 },
	{ XK_KP_9, 0x49 },
	{ XK_KP_Page_Up, 0x49 },
	{ XK_KP_Subtract, 0x4a },
	{ XK_KP_4, 0x4b },
	{ XK_KP_Left, 0x4b },
	{ XK_KP_5, 0x4c },
	{ XK_KP_Begin, 0x4c },
	{ XK_KP_6, 0x4d },
	{ XK_KP_Right, 0x4d },
	{ XK_KP_Add, 0x4e },
	{ XK_KP_1, 0x4f },
	{ XK_KP_End, 0x4f },
	{ XK_KP_2, 0x50 },
	{ XK_KP_Down, 0x50 },
	{ XK_KP_3, 0x51 },
	{ XK_KP_Page_Down, 0x51 },
	{ XK_KP_0, 0x52 },
	{ XK_KP_Insert, 0x52 },
	{ XK_KP_Decimal, 0x53 },
	{ XK_KP_Separator, 0x53 },
	{ XK_KP_Delete, 0x53 },
	{ XK_F11, 0x57 },
	{ XK_F12, 0x58 },
	{ XK_KP_Enter, E(0x1c) },
	{ XK_Control_R, E(0x1d) },
	{ XK_KP_Divide, E(0x35) },
	{ XK_Print, INPUT_KEY_PRINT },
	{ XK_Sys_Req, INPUT_KEY_PRINT },
	{ XK_Alt_R, E(0x38) },
	{ XK_Meta_R, E(0x38) },
	{ XK_Mode_switch, E(0x38) },
	{ XK_ISO_Level3_Shift, E(0x38) },
	{ XK_Pause, INPUT_KEY_PAUSE },
	{ XK_Break, INPUT_KEY_PAUSE },
	{ XK_Home, E(0x47) },
	{ XK_Up, E(0x48) },
	{ XK_Page_Up, E(0x49) },
	{ XK_Left, E(0x4b) },
	{ XK_Right, E(0x4d) },
	{ XK_End, E(0x4f) },
	{ XK_Down, E(0x50) },
	{ XK_Page_Down, E(0x51) },
	{ XK_Insert, E(0x52) },
	{ XK_Delete, E(0x53) },
	{ XK_Super_L, E(0x5b) },
	{ XK_Super_R, E(0x5c) },
	{ XK_Menu, E(0x5d) },
};

static u8 find_printed(char c)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = strchr(rows[i].plain, c);

		if (at)
			return (u8)(rows[i].first + (at - rows[i].plain));
		at = strchr(rows[i].shifted, c);
		if (at)
			return (u8)(rows[i].first + (at - rows[i].shifted));
	}
	return 0;
}

u8 keys_find(u32 keysym)
{
	if (keysym >= ' ' && keysym <= '~')
		return find_printed((char)keysym);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i].keysym == keysym)
			return others[i].key;
	return 0;
}
