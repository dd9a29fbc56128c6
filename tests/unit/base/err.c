// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/err.h"
#include "unit.h"

static void set_wrap_and_help(void **state)
{
	struct err err = { 0 };

	assert_int_equal(err_sys(&err, ENOENT, "cannot open %s", "/dev/kvm"), -ENOENT);
	assert_string_equal(err.text, "cannot open /dev/kvm: No such file or directory");
	assert_int_equal(err_help(&err, "modprobe kvm"), -ENOENT);
	assert_int_equal(err_wrap(&err, "%s", "0000:01:00.0"), -ENOENT);
	assert_string_equal(
		err.text, "0000:01:00.0: cannot open /dev/kvm: No such file or directory");
	assert_string_equal(err.help, "modprobe kvm");
	assert_int_equal(err.code, ENOENT);
	err_clear(&err);
	assert_int_equal(err.code, 0);
	assert_string_equal(err.text, "");
}

static void long_text_is_cut_not_overrun(void **state)
{
	struct err err = { 0 };

	err_set(&err, EINVAL, "%01000d", 7);
	for (int i = 0; i < 10; i++)
		err_wrap(&err, "%0100d", i);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_wrap_and_help),
		cmocka_unit_test(long_text_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
