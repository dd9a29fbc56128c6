// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/keys.h"

#include <rfb/keysym.h>

#include "unit.h"
#include "vm/dev/scancodes.h"

static void each_character_has_its_key(void **state)
{
	/* As a US keyboard has them from left to right; first without Shift. */
	static const char *const rows[][2] = {
		{ "1234567890-=", "!@#$%^&*()_+" },
		{ "qwertyuiop[]", "QWERTYUIOP{}" },
		{ "asdfghjkl;'", "ASDFGHJKL:\"" },
		{ "zxcvbnm,./", "ZXCVBNM<>?" },
	};
	static const u8 first[] = { 0x02, 0x10, 0x1e, 0x2c };

	for (size_t row = 0; row < ARRAY_SIZE(rows); row++)
		for (unsigned i = 0; rows[row][0][i]; i++)
			for (unsigned shift = 0; shift < 2; shift++)
				assert_int_equal(
					keys_find((u8)rows[row][shift][i]), first[row] + i);
	assert_int_equal(keys_find('`'), 0x29);
	assert_int_equal(keys_find('~'), 0x29);
	assert_int_equal(keys_find('\\'), 0x2b);
	assert_int_equal(keys_find('|'), 0x2b);
	assert_int_equal(keys_find(' '), 0x39);
	for (u32 c = ' '; c <= '~'; c++)
		assert_int_not_equal(keys_find(c), 0);
}

static void other_keys_are_where_they_are(void **state)
{
	static const struct {
		u32 keysym;
		u8 key;
	} cases[] = {
		{ XK_Escape, 0x01 },
		{ XK_BackSpace, 0x0e },
		{ XK_Tab, 0x0f },
		{ XK_Return, 0x1c },
		{ XK_KP_Enter, 0x9c },
		{ XK_Control_L, 0x1d },
		{ XK_Control_R, 0x9d },
		{ XK_Alt_L, 0x38 },
		{ XK_Alt_R, 0xb8 },
		{ XK_Shift_R, 0x36 },
		{ XK_F1, 0x3b },
		{ XK_F10, 0x44 },
		{ XK_F12, 0x58 },
		{ XK_Up, 0xc8 },
		{ XK_KP_Up, 0x48 },
		{ XK_Delete, 0xd3 },
		{ XK_Print, INPUT_KEY_PRINT },
		{ XK_Pause, INPUT_KEY_PAUSE },
		{ XK_Super_L, 0xdb },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(keys_find(cases[i].keysym), cases[i].key);
}

static void what_is_no_key_is_none(void **state)
{
	static const u32 none[] = { 0, 0x1f, 0x7f, 0xe4, 0xff, 0x20ac, 0x010020ac, ~0u };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(keys_find(none[i]), 0);
}

/* Whatever a viewer sends, the keyboard has bytes for it. */
static void each_key_can_be_sent(void **state)
{
	u8 bytes[SCANCODE_MAX];

	for (u32 keysym = 0; keysym < 0x10000; keysym++) {
		u8 key = keys_find(keysym);

		for (unsigned set = 1; key && set < 3; set++)
			assert_in_range(scancode_bytes(key, true, set, bytes), 1, SCANCODE_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character_has_its_key),
		cmocka_unit_test(other_keys_are_where_they_are),
		cmocka_unit_test(what_is_no_key_is_none),
		cmocka_unit_test(each_key_can_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
