// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/array.h"

#include "unit.h"

static void entries_are_added_and_taken_off(void **state)
{
	unsigned *array = NULL;
	size_t nr = 0;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 100; i++) {
			assert_int_equal(array_room(array, nr, 1), 0);
			array[nr] = (unsigned)nr;
			nr++;
		}
		for (size_t i = 0; i < nr; i++)
			assert_int_equal(array[i], i);
		nr -= 70;
	}
	free(array);
}

static void many_entries_at_once(void **state)
{
	u8 *bytes = NULL;

	assert_int_equal(array_room(bytes, 0, 1000), 0);
	bytes[999] = 1;
	assert_int_equal(array_room(bytes, 1000, 24), 0);
	assert_int_equal(array_room(bytes, 1000, 25), 0);
	assert_int_equal(bytes[999], 1);
	bytes[1024] = 1;
	free(bytes);
}

static void what_cannot_be_leaves_the_array(void **state)
{
	u64 *array = NULL, *before;

	assert_int_equal(array_room(array, 0, 1), 0);
	array[0] = 7;
	before = array;
	assert_int_equal(array_room(array, 1, SIZE_MAX), -ENOMEM);
	assert_int_equal(array_room(array, 1, SIZE_MAX - 1), -ENOMEM);
	assert_int_equal(array_room(array, 1, SIZE_MAX / 16), -ENOMEM);
	assert_ptr_equal(array, before);
	assert_int_equal(array[0], 7);
	free(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_added_and_taken_off),
		cmocka_unit_test(many_entries_at_once),
		cmocka_unit_test(what_cannot_be_leaves_the_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
