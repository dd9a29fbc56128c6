// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/library.h"
#include "unit.h"

#define LIBRARY "libyaml-0.so.2"
#define PACKAGE "libyaml-0-2"

static const char *(*version)(void);
static void (*none)(void);

static void functions_are_found(void **state)
{
	const struct library_function functions[] = { { "yaml_get_version_string", &version } };
	struct err err = { 0 };
	void *handle = NULL;

	assert_int_equal(library_load(LIBRARY, PACKAGE, functions, 1, NULL, &err), 0);
	assert_int_equal(version()[0], '0');
	assert_int_equal(library_load(LIBRARY, PACKAGE, functions, 1, &handle, &err), 0);
	assert_non_null(handle);
}

static void what_is_missing_is_said(void **state)
{
	const struct library_function functions[] = {
		{ "yaml_get_version_string", &version },
		{ "yaml_no_such_function", &none },
	};
	struct err err = { 0 };

	assert_int_equal(library_load(LIBRARY, PACKAGE, functions, 2, NULL, &err), -ENOENT);
	assert_string_equal(err.text, LIBRARY " has no yaml_no_such_function");
	err_clear(&err);
	assert_int_equal(
		library_load("libnone.so.7", "libnone7", functions, 1, NULL, &err), -ENOENT);
	assert_string_equal(err.text, "cannot load libnone.so.7");
	assert_string_equal(err.help, "install the package libnone7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found),
		cmocka_unit_test(what_is_missing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
