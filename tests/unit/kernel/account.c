// SPDX-License-Identifier: GPL-2.0-or-later
/* Which user a machine of root's is. */
#include "kernel/account.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

static const struct account none, system_user = { true, 990, 991, "tenon", NULL },
				  person = { true, 1000, 1000, "tenon", NULL },
				  root = { true, 0, 0, "tenon", NULL };

static void test_default(void **state)
{
	static const struct {
		const struct account *system;
		const char *login;
		const char *name; /* "": root stays root */
	} cases[] = {
		{ &system_user, NULL, "tenon" },
		{ &system_user, "1\n", "tenon" },
		{ &none, NULL, "" },
		{ &none, "", "" },
		{ &none, "1", "daemon" },
		{ &none, "1\n", "daemon" },
		{ &none, "4294967295", "" },
		{ &none, "-1", "" },
		{ &none, "0", "" },
		{ &none, "1 0", "" },
		{ &none, "99999999999999999999", "" },
		{ &none, "4294967297", "" },
		{ &none, "daemon", "" },
		{ &none, "4294967294", "" },
		/* A person's name, or another name of root's: no system user. */
		{ &person, NULL, "" },
		{ &root, NULL, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct account account;

		account_default(&account, cases[i].system, cases[i].login);
		if (strcmp(account.name, cases[i].name) || account.changes != !!*cases[i].name)
			fail_msg("'%s': '%s'", cases[i].login, account.name);
		assert_non_null(account.why);
	}
}

/* Whoever sets root's environment does not choose. */
static void test_environment(void **state)
{
	struct account account;
	struct err err = { 0 };

	setenv("SUDO_UID", "1", 1);
	setenv("SUDO_USER", "daemon", 1);
	assert_int_equal(account_choose(&account, NULL, &err), 0);
	assert_string_not_equal(account.name, "daemon");
}

static void test_asked(void **state)
{
	struct account account;
	struct err err = { 0 };

	assert_int_equal(account_choose(&account, "no-such-user", &err), -ENOENT);
	if (geteuid())
		skip();
	assert_int_equal(account_choose(&account, "root", &err), 0);
	assert_false(account.changes);
	assert_int_equal(account_choose(&account, "daemon", &err), 0);
	assert_true(account.changes);
	assert_int_equal(account.uid, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
