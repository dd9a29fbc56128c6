// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/size.h"

#include "cmd/ui/options.h"
#include "cmd/ui/progress.h"
#include "unit.h"

static void sizes_are_texts(void **state)
{
	static const struct {
		u64 bytes;
		const char *text, *option;
	} cases[] = {
		{ 0, "0 bytes", "0" },
		{ 1023, "1023 bytes", "1023" },
		{ 1024, "1 KiB", "1K" },
		{ 1536, "1.5 KiB", "1536" },
		{ 120 * GIB, "120 GiB", "120G" },
		{ 120 * GIB + 512, "120 GiB", "128849019392" },
		{ 3 * GIB + GIB / 4, "3.2 GiB", "3328M" },
		{ 1024 * GIB, "1 TiB", "1T" },
		{ 5000 * 1024 * GIB, "5000 TiB", "5000T" },
	};
	char text[SIZE_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		u64 back = 0;

		assert_string_equal(size_text(text, cases[i].bytes), cases[i].text);
		assert_string_equal(size_option(text, cases[i].bytes), cases[i].option);
		assert_int_equal(option_size(text, 1, &back, &err), 0);
		assert_true(back == cases[i].bytes);
	}
}

static void progress_fits_the_line(void **state)
{
	static const struct {
		unsigned columns;
		u64 done, total, seconds;
		const char *text;
	} cases[] = {
		{ 52, 32 * GIB, 64 * GIB, 1,
			"a [###########............]  50 %  32 GiB of 64 GiB" },
		{ 43, 32 * GIB, 64 * GIB, 1, "a [#######.......]  50 %  32 GiB of 64 GiB" },
		{ 20, 32 * GIB, 64 * GIB, 1, "a  50 %  32 GiB of 64 GiB" },
		{ 20, 16 * GIB, 64 * GIB, 10, "a  25 %  16 GiB of 64 GiB, 30 s left" },
		{ 20, 16 * GIB, 64 * GIB, 100, "a  25 %  16 GiB of 64 GiB, 5 min left" },
		{ 20, 0, 64 * GIB, 100, "a   0 %  0 bytes of 64 GiB" },
		{ 20, 65 * GIB, 64 * GIB, 100, "a 100 %  64 GiB of 64 GiB, 0 s left" },
		{ 20, 0, 0, 100, "a 100 %  0 bytes of 0 bytes" },
	};
	char text[200];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		progress_text(text, sizeof(text), cases[i].columns, "a", cases[i].done,
			cases[i].total, cases[i].seconds);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_texts),
		cmocka_unit_test(progress_fits_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
