// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/scan.h"

#include "unit.h"

#define MAX 16

struct bench {
	struct scan scan;
	u8 memory[512 * 512 * 4];
	struct picture picture;
	struct scan_rect rects[MAX];
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	assert_int_equal(scan_open(&b->scan, &err), 0);
	b->picture = (struct picture){ .width = 200, .height = 150, .stride = 800 };
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	scan_close(&b->scan);
	scan_close(&b->scan);
	free(b);
	return 0;
}

static void update(struct bench *b)
{
	scan_update(&b->scan, b->memory, &b->picture);
}

static void assert_rect(const struct scan_rect *r, u16 x, u16 y, u16 width, u16 height)
{
	assert_int_equal(r->x, x);
	assert_int_equal(r->y, y);
	assert_int_equal(r->width, width);
	assert_int_equal(r->height, height);
}

static void no_picture_is_black(void **state)
{
	struct bench *b = *state;

	b->picture = (struct picture){ 0 };
	update(b);
	assert_int_equal(b->scan.width, 640);
	assert_int_equal(b->scan.height, 480);
	for (unsigned i = 0; i < 640 * 480; i++)
		assert_int_equal(b->scan.pixels[i], 0);
}

static void a_new_size_is_all_new(void **state)
{
	struct bench *b = *state;
	u64 before;

	update(b);
	before = b->scan.stamp;
	assert_int_equal(b->scan.size_stamp, before);
	b->picture.height = 151;
	update(b);
	assert_true(b->scan.size_stamp > before);
	assert_int_equal(scan_changes(&b->scan, before, b->rects, MAX), 3);
	assert_rect(&b->rects[0], 0, 0, 200, 64);
	assert_rect(&b->rects[2], 0, 128, 200, 23);
	assert_int_equal(scan_changes(&b->scan, b->scan.stamp, b->rects, MAX), 0);
}

static void only_what_changes_is_told(void **state)
{
	struct bench *b = *state;
	u64 first, second;

	update(b);
	first = b->scan.stamp;
	update(b);
	assert_true(b->scan.stamp == first);
	/* The last pixel, and one in the first row. */
	b->memory[149 * 800 + 199 * 4] = 1;
	b->memory[70 * 4] = 1;
	update(b);
	second = b->scan.stamp;
	assert_int_equal(scan_changes(&b->scan, first, b->rects, MAX), 2);
	assert_rect(&b->rects[0], 64, 0, 64, 64);
	assert_rect(&b->rects[1], 192, 128, 8, 22);
	b->memory[5 * 800] = 7;
	update(b);
	/* One who was away learns of both. */
	assert_int_equal(scan_changes(&b->scan, second, b->rects, MAX), 1);
	assert_rect(&b->rects[0], 0, 0, 64, 64);
	assert_int_equal(scan_changes(&b->scan, first, b->rects, MAX), 2);
	assert_rect(&b->rects[0], 0, 0, 128, 64);
	assert_int_equal(scan_changes(&b->scan, first, b->rects, 1), 1);
	assert_rect(&b->rects[0], 0, 0, 200, 150);
}

static void each_format_gives_the_same_colours(void **state)
{
	static const struct {
		enum picture_format format;
		u8 bytes[4];
		u32 pixel;
	} cases[] = {
		{ PICTURE_XRGB, { 0x33, 0x22, 0x11, 0xff }, 0x332211 },
		{ PICTURE_BGRX, { 0xff, 0x11, 0x22, 0x33 }, 0x332211 },
		{ PICTURE_565, { 0x00, 0xf8 }, 0x0000ff },
		{ PICTURE_565, { 0xe0, 0x07 }, 0x00ff00 },
		{ PICTURE_565, { 0x1f, 0x00 }, 0xff0000 },
		{ PICTURE_565, { 0xff, 0xff }, 0xffffff },
		{ PICTURE_565, { 0x00, 0x00 }, 0x000000 },
		{ PICTURE_565, { 0x10, 0x84 }, 0x848284 },
	};
	struct bench *b = *state;

	b->picture.offset = 800 + 12;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		b->picture.format = cases[i].format;
		memcpy(b->memory + 812, cases[i].bytes, 4);
		update(b);
		assert_int_equal(b->scan.pixels[0], cases[i].pixel);
	}
}

static void the_largest_picture_has_room(void **state)
{
	struct bench *b = *state;
	u8 *memory = calloc(4096ull * 4096, 2);

	b->picture = (struct picture){ 4096, 4096, 8192, 0, PICTURE_565 };
	memory[4096ull * 8192 - 1] = 0xf8;
	scan_update(&b->scan, memory, &b->picture);
	assert_int_equal(b->scan.pixels[4096 * 4096 - 1], 0xff);
	assert_int_equal(scan_changes(&b->scan, 0, b->rects, MAX), 1);
	assert_rect(&b->rects[0], 0, 0, 4096, 4096);
	free(memory);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_picture_is_black),
		TEST(a_new_size_is_all_new),
		TEST(only_what_changes_is_told),
		TEST(each_format_gives_the_same_colours),
		TEST(the_largest_picture_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
