// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/command_line.h"
#include "unit.h"

struct target {
	bool all;
	const char *name;
	unsigned nr;
};

static int count(void *nr, char *value, struct err *err)
{
	(*(unsigned *)nr)++;
	return 0;
}

static const struct cmd_option table[] = {
	{ "all", 'a', OPTION_FLAG, NULL, "all", .field = FLAG_FIELD(struct target, all) },
	{ "name", 'n', OPTION_VALUE, "NAME", "a name", .field = TEXT_FIELD(struct target, name) },
	{ "quick", 0, OPTION_SWITCH, NULL, "quick", count, .field = offsetof(struct target, nr) },
	{ "each", 'e', OPTION_LIST, "N", "several", count, .field = offsetof(struct target, nr) },
	{ 0 },
};

#define ARGS(...) ((const char *const[]){ "command", __VA_ARGS__, NULL })

static int read_line(struct command_line *line, const char *const *argv, struct err *err)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	*err = (struct err){ 0 };
	return command_line_read(line, table, argc, (char **)argv, err);
}

static void options_and_operands_mix(void **state)
{
	static const char *const argv[] = { "command", "one", "--name=x", "-ae", "1", "-",
		"--quick", "-n", "--", "-nv", "--quick=off", "--", "--all", NULL };
	static const char *const expected[][2] = { { "name", "x" }, { "all", NULL },
		{ "each", "1" }, { "quick", NULL }, { "name", "--" }, { "name", "v" },
		{ "quick", "off" } };
	struct command_line line;
	struct err err;

	assert_int_equal(read_line(&line, argv, &err), 0);
	assert_int_equal(line.nr_given, ARRAY_SIZE(expected));
	for (unsigned i = 0; i < line.nr_given; i++) {
		assert_string_equal(line.given[i].option->name, expected[i][0]);
		if (expected[i][1])
			assert_string_equal(line.given[i].value, expected[i][1]);
		else
			assert_null(line.given[i].value);
	}
	assert_int_equal(line.nr_operands, 3);
	assert_string_equal(line.operands[0], "one");
	assert_string_equal(line.operands[1], "-");
	assert_string_equal(line.operands[2], "--all");
	assert_null(line.operands[3]);
	assert_true(command_line_has(&line, "each"));
	assert_false(command_line_has(&line, "help"));
	command_line_close(&line);
}

static void mistakes_are_named(void **state)
{
	const struct {
		const char *const *argv;
		const char *text, *help;
	} cases[] = {
		{ ARGS("--nmae"), "there is no option '--nmae'", "Did you mean '--name'?" },
		{ ARGS("--hlep"), "there is no option '--hlep'", "Did you mean '--help'?" },
		{ ARGS("--nam=1"), "there is no option '--nam'", "Did you mean '--name'?" },
		{ ARGS("--xyzzy"), "there is no option '--xyzzy'", "" },
		{ ARGS("-z"), "there is no option '-z'", "" },
		{ ARGS("-az"), "there is no option '-z'", "" },
		{ ARGS("--name"), "--name wants an argument", "" },
		{ ARGS("-an"), "-n wants an argument", "" },
		{ ARGS("--all=1"), "--all takes no argument", "" },
		{ ARGS("--help=1"), "--help takes no argument", "" },
		{ ARGS("--="), "there is no option '--'", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct command_line line;
		struct err err;

		assert_true(read_line(&line, cases[i].argv, &err) < 0);
		assert_string_equal(err.text, cases[i].text);
		assert_string_equal(err.help, cases[i].help);
		command_line_close(&line);
	}
}

static void values_reach_their_places(void **state)
{
	struct target target = { 0 };
	struct err err = { 0 };
	char value[] = "v";
	char empty[] = "";

	assert_int_equal(option_apply(&table[0], &target, NULL, &err), 0);
	assert_int_equal(option_apply(&table[1], &target, value, &err), 0);
	assert_int_equal(option_apply(&table[3], &target, empty, &err), 0);
	assert_true(target.all);
	assert_ptr_equal(target.name, value);
	assert_int_equal(target.nr, 1);
	assert_true(option_apply(&table[1], &target, empty, &err) < 0);
	assert_string_equal(err.text, "--name takes NAME, not an empty text");
}

static void operands_are_counted(void **state)
{
	const struct {
		const char *usage;
		const char *const *argv;
		const char *text; /* NULL: it is right */
	} cases[] = {
		{ NULL, ARGS("--all"), NULL },
		{ NULL, ARGS("x"), "unexpected argument 'x'" },
		{ "[FILE]", ARGS("--all"), NULL },
		{ "[FILE]", ARGS("x"), NULL },
		{ "[FILE]", ARGS("x", "y"), "unexpected argument 'y'" },
		{ "ADDRESS...", ARGS("--all"), "ADDRESS is missing" },
		{ "ADDRESS...", ARGS("x", "y", "z"), NULL },
		{ "[ADDRESS...]", ARGS("--all"), NULL },
		{ "[ADDRESS...]", ARGS("x", "y", "z"), NULL },
		{ "a|b ADDRESS", ARGS("a"), "ADDRESS is missing" },
		{ "a|b ADDRESS", ARGS("--all"), "a|b is missing" },
		{ "FILE\ndump ADDRESS", ARGS("x"), NULL },
		{ "FILE\ndump ADDRESS", ARGS("dump", "x"), NULL },
		{ "FILE\ndump ADDRESS", ARGS("dump", "x", "y"), "unexpected argument 'y'" },
		{ "FILE\ndump ADDRESS", ARGS("--all"), "FILE is missing" },
		{ "ADDRESS...", ARGS("x", ""), "an argument is empty" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct command_line line;
		struct err err;

		assert_int_equal(read_line(&line, cases[i].argv, &err), 0);
		assert_int_equal(
			operands_check(cases[i].usage, &line, &err) < 0, cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(err.text, cases[i].text);
		command_line_close(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_mix),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(values_reach_their_places),
		cmocka_unit_test(operands_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
