// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/machines.h"

static void a_name_is_shown_while_its_file_is_open(void **state)
{
	char name[MACHINE_NAME_SIZE];
	int fd = machine_show_name("win11");

	assert_true(fd >= 0);
	machine_name(getpid(), name);
	assert_string_equal(name, "win11");
	close(fd);
	machine_name(getpid(), name);
	assert_string_equal(name, "");
}

static void any_process_may_claim_any_name(void **state)
{
	own_fd int fd = machine_show_name("\x1b[2Ja\nb");
	char name[MACHINE_NAME_SIZE];

	machine_name(getpid(), name);
	assert_string_equal(name, "\\x1b[2Ja\\x0ab");
}

static void the_longest_name_fits(void **state)
{
	char longest[MACHINE_NAME_SIZE], name[MACHINE_NAME_SIZE];
	own_fd int fd = -1;

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	fd = machine_show_name(longest);
	assert_true(fd >= 0);
	machine_name(getpid(), name);
	assert_string_equal(name, longest);
}

static void other_links_are_no_names(void **state)
{
	static const char *const links[] = {
		"",
		"/dev/kvm",
		"/memfd:tenon-ram (deleted)",
		"/memfd:tenon-machine: (deleted)",
		"/memfd:tenon-machine:x",
		"/tmp/memfd:tenon-machine:x (deleted)",
	};
	char name[MACHINE_NAME_SIZE], longer[400];

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		assert_false(machine_name_of_link(links[i], name));
	snprintf(longer, sizeof(longer), "/memfd:tenon-machine:%0128d (deleted)", 0);
	assert_false(machine_name_of_link(longer, name));
	assert_true(machine_name_of_link("/memfd:tenon-machine:x (deleted)", name));
	assert_string_equal(name, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_shown_while_its_file_is_open),
		cmocka_unit_test(any_process_may_claim_any_name),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(other_links_are_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
