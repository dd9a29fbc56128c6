// SPDX-License-Identifier: GPL-2.0-or-later
/* Pictures that a machine sends, which is not trusted, and the PNG files that are made of them. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <zlib.h>

#include "base/own.h"
#include "cmd/machines/png.h"

static const u8 picture[] = "P6\n2 3\n255\nabcdefghijklmnopqr";

static u32 be32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

static void a_picture(void **state)
{
	struct pixmap pixmap;
	own_free char *text = NULL;
	u8 rows[64];
	uLongf size = sizeof(rows);
	size_t all;
	const u8 *at;
	FILE *out = open_memstream(&text, &all);

	assert_int_equal(pixmap_find(&pixmap, picture, sizeof(picture) - 1), 0);
	assert_int_equal(pixmap.width, 2);
	assert_int_equal(pixmap.height, 3);
	assert_int_equal(png_write(&pixmap, out), 0);
	fclose(out);
	assert_memory_equal(
		text, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\2\0\0\0\3\x08\2\0\0\0", 29);
	at = (u8 *)text + 8;
	assert_int_equal(be32(at + 8 + 13), crc32(0, at + 4, 4 + 13));
	at += 12 + 13;
	assert_memory_equal(at + 4, "IDAT", 4);
	assert_int_equal(be32(at + 8 + be32(at)), crc32(0, at + 4, 4 + be32(at)));
	assert_int_equal(uncompress(rows, &size, at + 8, be32(at)), Z_OK);
	assert_int_equal(size, 21);
	assert_memory_equal(rows, "\0abcdef\0ghijkl\0mnopqr", 21);
	at += 12 + be32(at);
	assert_memory_equal(at, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
	assert_ptr_equal(at + 12, (u8 *)text + all);
}

static void what_is_no_picture(void **state)
{
	static const char *const wrong[] = { "", "P6", "P5\n2 3\n255\nabcdefghijklmnopqr",
		"P6\n2 3\n255\nabcdefghijklmnopq", "P6\n2 3\n65535\nabcdefghijklmnopqr",
		"P6\n0 3\n255\n", "P6\n-1 3\n255\n", "P6\n99999 99999\n255\n",
		"P6\n999999999999 3\n255\nabc", "P6\n2 3\n255" };
	struct pixmap pixmap;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(
			pixmap_find(&pixmap, (const u8 *)wrong[i], strlen(wrong[i])), -EINVAL);
	/* Cut off anywhere. */
	for (size_t size = 0; size < sizeof(picture) - 1; size++)
		assert_int_equal(pixmap_find(&pixmap, picture, size), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture),
		cmocka_unit_test(what_is_no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
