// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/range.h"
#include "base/bytes.h"
#include "unit.h"

static void overlap_and_intersection(void **state)
{
	struct range a = { 0x1000, 0x1000 };
	struct range r;

	assert_true(range_overlaps(a, (struct range){ 0x1fff, 1 }));
	assert_true(range_overlaps((struct range){ 0, ~0ull }, a));
	assert_false(range_overlaps(a, (struct range){ 0x2000, 1 }));
	assert_false(range_overlaps(a, (struct range){ 0x1800, 0 }));

	assert_true(range_touches(a, 0xfff, 2));
	assert_false(range_touches(a, 0xfff, 1));
	assert_true(range_touches(a, 0, ~0ull));

	r = range_intersect(a, (struct range){ 0x1800, 0x1000 });
	assert_int_equal(r.start, 0x1800);
	assert_int_equal(r.size, 0x800);
	r = range_intersect(a, (struct range){ 0, 0x1001 });
	assert_int_equal(r.start, 0x1000);
	assert_int_equal(r.size, 1);
	assert_int_equal(range_intersect(a, (struct range){ 0, 0x1000 }).size, 0);
}

static void containment_at_the_top(void **state)
{
	struct range top = { ~0ull - 0xfff, 0x1000 };

	assert_true(range_contains(top, ~0ull, 1));
	assert_false(range_contains(top, ~0ull, 2));
	assert_true(range_valid(~0ull, 1));
	assert_false(range_valid(~0ull, 2));
	assert_true(range_overlaps(top, (struct range){ ~0ull, 1 }));
}

static void bytes_and_rounding(void **state)
{
	u8 b[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	assert_int_equal(get_le(b, 3), 0x030201);
	assert_int_equal(get_be16(b), 0x0102);
	put_le(b, 2, 0xaabb);
	assert_int_equal(get_le32(b), 0x0403aabb);
	assert_int_equal(all_ones(1), 0xff);
	assert_true(all_ones(8) == ~0ull);
	assert_int_equal(round_up(0x1001, 0x1000), 0x2000);
	assert_false(is_pow2(0));
	assert_true(is_pow2(0x4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlap_and_intersection),
		cmocka_unit_test(containment_at_the_top),
		cmocka_unit_test(bytes_and_rounding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
