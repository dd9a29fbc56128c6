// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"

#include <string.h>

#include "unit.h"

static void pieces_keep_apart_and_aligned(void **state)
{
	struct arena arena = { 0 };
	char *pieces[300];

	for (unsigned i = 0; i < 300; i++) {
		pieces[i] = arena_alloc(&arena, i * 7 + 1);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)i, i * 7 + 1);
	}
	for (unsigned i = 0; i < 300; i++)
		for (unsigned at = 0; at < i * 7 + 1; at++)
			assert_int_equal((u8)pieces[i][at], (u8)i);
	/* Larger than any chunk. */
	assert_non_null(memset(arena_alloc(&arena, 1 << 20), 1, 1 << 20));
	assert_false(arena.failed);
	arena_close(&arena);
	arena_close(&arena);
}

static void lists_grow_and_keep_what_they_have(void **state)
{
	struct arena arena = { 0 };
	unsigned *list = NULL;

	for (unsigned nr = 0; nr < 1000; nr++) {
		list = arena_grow(&arena, list, nr, sizeof(*list));
		list[nr] = nr;
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	arena_close(&arena);
}

static void want_of_memory_is_remembered(void **state)
{
	struct arena arena = { 0 }, other = { 0 };

	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_true(arena.failed);
	assert_string_equal(arena_printf(&arena, "%d of %s", 2, "two"), "2 of two");
	assert_true(arena.failed);
	assert_null(arena_grow(&other, NULL, SIZE_MAX / 2 + 1, 8));
	assert_true(other.failed);
	arena_close(&arena);
	assert_false(arena.failed);
}

static void an_adopted_arena_lives_on(void **state)
{
	struct arena arena = { 0 }, other = { 0 };
	char *mine = arena_printf(&arena, "mine"), *its = arena_printf(&other, "its");

	other.failed = true;
	arena_adopt(&arena, &other);
	arena_close(&other);
	assert_string_equal(mine, "mine");
	assert_string_equal(its, "its");
	assert_true(arena.failed);
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_keep_apart_and_aligned),
		cmocka_unit_test(lists_grow_and_keep_what_they_have),
		cmocka_unit_test(want_of_memory_is_remembered),
		cmocka_unit_test(an_adopted_arena_lives_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
