// SPDX-License-Identifier: GPL-2.0-or-later
/* ROMs as text: what is read, what is left, and what is no ROM's text. tests/test_rom_kinds.py has
 * the forms whole. */
#include <errno.h>
#include <stdlib.h>

#include "pci/rom/text.h"
#include "unit.h"

static struct rom_text text;

static void read_as(const char *what, const char *expected, size_t size)
{
	int ret = rom_text_read(&text, (const u8 *)what, strlen(what));

	print_message("%s", what);
	assert_int_equal(ret, 0);
	assert_int_equal(text.size, size);
	assert_memory_equal(text.bytes, expected, size);
	free(text.bytes);
}

static void is_none(const char *what, size_t size)
{
	assert_int_equal(rom_text_read(&text, (const u8 *)what, size), -ENOENT);
	assert_null(text.bytes);
}

/* Characters that are digits, too, are no data; a short last row ends where the others do. */
static void characters_behind(void **state)
{
	read_as("00000000: 55aa 4041 6162 3031 6162 3031 6162 3031  U.@Aab01ab01ab01\n"
		"00000010: 6162                                     ab\n",
		"\x55\xaa\x40\x41\x61\x62\x30\x31\x61\x62\x30\x31\x61\x62\x30\x31\x61\x62", 18);
}

static void repeated_rows(void **state)
{
	char expected[0x30];

	memset(expected, 0x11, sizeof(expected));
	memcpy(expected, "\x55\xaa", 2);
	read_as("00000000  55 aa 11 11 11 11 11 11  11 11 11 11 11 11 11 11  |U...............|\n"
		"00000010  11 11 11 11 11 11 11 11  11 11 11 11 11 11 11 11  |................|\n"
		"*\n"
		"00000030\n",
		expected, sizeof(expected));
}

static void words_are_numbers(void **state)
{
	read_as("0000000 aa55 0201 0403 0605 0807 0a09 0c0b 0e0d\n"
		"0000010 100f\n",
		"\x55\xaa\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10", 18);
}

/* Comments, casts, names with numbers, and the size in brackets are no data. */
static void arrays(void **state)
{
	read_as("/* {1, 2} */\nunsigned char rom16[0x12] = { // 0x99\n"
		"(char)0x55, 0xAA, 0x01, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x0Fu, 16, "
		"};\n"
		"unsigned int rom_len = 18;\n",
		"\x55\xaa\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10", 18);
	is_none("int a[] = { 300, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 };",
		80);
}

static void longest_value(void **state)
{
	read_as("REGEDIT4\n\n[A]\n\"a\"=hex:01,02\n"
		"\"b\"=hex(3):55,aa,01,02,03,04,05,06,\\\n  "
		"07,08,09,0a,0b,0c,0d,0e\n\"c\"=dword:5\n",
		"\x55\xaa\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe", 16);
}

static void no_rom(void **state)
{
	static const char base64[] = "VGhpcyBpcyBubyBST00sIG9ubHkgdGV4dCB0aGF0IGxvb2tzIHNv";
	static const char hex[] = "0123456789abcdef0123456789abcdef0123456789abcdef";

	is_none("", 0);
	is_none("short", 5);
	is_none("Some words that nobody takes for a dump of anything.", 52);
	is_none(base64, strlen(base64));
	is_none(hex, strlen(hex));
	is_none("55 aa 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d\0", 48);
	/* A record whose sum is wrong. */
	is_none(":0400000055aa800080\n:00000001ff\n", 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_behind),
		cmocka_unit_test(repeated_rows),
		cmocka_unit_test(words_are_numbers),
		cmocka_unit_test(arrays),
		cmocka_unit_test(longest_value),
		cmocka_unit_test(no_rom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
