// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/options.h"
#include "unit.h"

static void sizes(void **state)
{
	static const struct {
		const char *text;
		u64 bytes; /* 0: refused */
	} cases[] = {
		{ "512M", 512 * MIB },
		{ "2g", 2 * GIB },
		{ "1T", 1024 * GIB },
		{ "64K", 64 * KIB },
		{ "300", 300 * MIB },
		{ "", 0 },
		{ "M", 0 },
		{ "-1M", 0 },
		{ " 1M", 0 },
		{ "1MB", 0 },
		{ "1.5G", 0 },
		{ "0x10", 0 },
		{ "99999999999T", 0 },
		{ "99999999999999999999", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		u64 bytes = 0;
		int ret = option_size(cases[i].text, MIB, &bytes, &err);

		assert_int_equal(ret == 0, cases[i].bytes != 0);
		if (!ret)
			assert_true(bytes == cases[i].bytes);
	}
}

static void numbers_and_switches(void **state)
{
	struct err err = { 0 };
	bool on = false;
	u64 n;

	assert_int_equal(option_number("--cpus", "255", 1, 255, &n, &err), 0);
	assert_int_equal(n, 255);
	assert_true(option_number("--cpus", "0", 1, 255, &n, &err) < 0);
	assert_string_equal(err.text, "--cpus: '0' is not a number from 1 to 255");
	assert_true(option_number("--cpus", "1x", 1, 255, &n, &err) < 0);
	assert_true(option_number("--cpus", "18446744073709551617", 1, 255, &n, &err) < 0);
	assert_int_equal(option_switch("mmap", "on", &on, &err), 0);
	assert_true(on);
	assert_true(option_switch("mmap", "yes", &on, &err) < 0);
	assert_true(option_switch("mmap", NULL, &on, &err) < 0);
}

static void lists(void **state)
{
	char text[] = "01:00.0,rom=/a=b,,c,mmap,x=";
	char *rest = text, *key, *value;

	assert_true(option_next(&rest, &key, &value));
	assert_string_equal(key, "01:00.0");
	assert_null(value);
	assert_true(option_next(&rest, &key, &value));
	assert_string_equal(key, "rom");
	assert_string_equal(value, "/a=b,c");
	assert_true(option_next(&rest, &key, &value));
	assert_string_equal(key, "mmap");
	assert_null(value);
	assert_true(option_next(&rest, &key, &value));
	assert_string_equal(value, "");
	assert_false(option_next(&rest, &key, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers_and_switches),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
