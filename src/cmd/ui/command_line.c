// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/command_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/nearest.h"

#define HELP_COLUMN 23
#define MAX_NAME    64 /* of an option; messages cut longer ones */

const struct cmd_option option_help = {
	.name = "help",
	.letter = 'h',
	.kind = OPTION_FLAG,
	.help = "print this text",
};

static bool wants_value(const struct cmd_option *option)
{
	return option->kind == OPTION_VALUE || option->kind == OPTION_LIST;
}

/* Returns the names of the table, then that of --help. */
static const char *name_at(const void *table, unsigned i)
{
	const struct cmd_option *option = table;

	for (; option && option->name; option++)
		if (!i--)
			return option->name;
	return i ? NULL : option_help.name;
}

static const struct cmd_option *find_name(
	const struct cmd_option *table, const char *name, size_t len)
{
	for (const struct cmd_option *o = table; o && o->name; o++)
		if (strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct cmd_option *find_letter(const struct cmd_option *table, char letter)
{
	for (const struct cmd_option *o = table; o && o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return letter == option_help.letter ? &option_help : NULL;
}

static int unknown(
	const struct cmd_option *table, const char *name, const char *dashes, struct err *err)
{
	const char *near = nearest_name(name, name_at, table);

	err_set(err, EINVAL, "there is no option '%s%s'", dashes, name);
	return near ? err_help(err, "Did you mean '%s%s'?", dashes, near) : -EINVAL;
}

const struct cmd_option *option_find(
	const struct cmd_option *table, const char *name, const char *dashes, struct err *err)
{
	const struct cmd_option *option = find_name(table, name, strlen(name));

	if (option)
		return option;
	if (!strcmp(name, option_help.name))
		return &option_help;
	unknown(table, name, dashes, err);
	return NULL;
}

/* The words that are being parsed. */
struct words {
	const struct cmd_option *table;
	char **argv;
	int argc, at;
	struct command_line *line;
};

static void add(struct words *words, const struct cmd_option *option, char *value)
{
	words->line->given[words->line->nr_given++] = (struct given_option){ option, value };
}

/* Takes the word after an option that needs a value. */
static int next_value(struct words *words, char **value, const char *option, struct err *err)
{
	if (words->at + 1 >= words->argc)
		return err_set(err, EINVAL, "%s wants an argument", option);
	*value = words->argv[++words->at];
	return 0;
}

static int read_long(struct words *words, char *word, struct err *err)
{
	size_t len = strcspn(word + 2, "=");
	char *value = word[2 + len] ? word + 2 + len + 1 : NULL;
	const struct cmd_option *option = find_name(words->table, word + 2, len);
	char name[MAX_NAME];
	int ret = 0;

	snprintf(name, sizeof(name), "%.*s", (int)len, word + 2);
	if (!option && !strcmp(name, option_help.name))
		option = &option_help;
	if (!option)
		return unknown(words->table, name, "--", err);
	if (value && option->kind == OPTION_FLAG)
		return err_set(err, EINVAL, "--%s takes no argument", name);
	if (!value && wants_value(option))
		ret = next_value(words, &value, word, err);
	if (!ret)
		add(words, option, value);
	return ret;
}

static int read_letters(struct words *words, char *word, struct err *err)
{
	for (char *at = word + 1; *at; at++) {
		const struct cmd_option *option = find_letter(words->table, *at);
		const char name[] = { '-', *at, '\0' };
		char *value = NULL;
		int ret = 0;

		if (!option)
			return err_set(err, EINVAL, "there is no option '%s'", name);
		if (!wants_value(option)) {
			add(words, option, NULL);
			continue;
		}
		if (at[1])
			value = at + 1;
		else
			ret = next_value(words, &value, name, err);
		if (!ret)
			add(words, option, value);
		return ret;
	}
	return 0;
}

int command_line_read(struct command_line *line, const struct cmd_option *table, int argc,
	char **argv, struct err *err)
{
	struct words words = { .table = table, .argv = argv, .argc = argc, .line = line };
	bool only_operands = false;
	size_t room = 1;
	int ret = 0;

	/* Words such as "-vvv" contain several options. */
	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]) + 1;
	*line = (struct command_line){
		.given = calloc(room, sizeof(*line->given)),
		.operands = calloc(argc + 1, sizeof(*line->operands)),
	};
	if (!line->given || !line->operands)
		return err_sys(err, ENOMEM, "cannot read the options");
	for (words.at = 1; words.at < argc && !ret; words.at++) {
		char *word = argv[words.at];

		if (only_operands || word[0] != '-' || !word[1])
			line->operands[line->nr_operands++] = word;
		else if (word[1] != '-')
			ret = read_letters(&words, word, err);
		else if (word[2])
			ret = read_long(&words, word, err);
		else
			only_operands = true;
	}
	return ret;
}

void command_line_close(struct command_line *line)
{
	free(line->given);
	free(line->operands);
	*line = (struct command_line){ 0 };
}

bool command_line_has(const struct command_line *line, const char *name)
{
	for (unsigned i = 0; i < line->nr_given; i++)
		if (!strcmp(line->given[i].option->name, name))
			return true;
	return false;
}

/*
 * Whether the argument names something. An empty value, from an unset variable of a script, is then
 * refused.
 */
static bool is_name(const char *argument)
{
	static const char *const names[] = { "FILE", "DIR", "NAME", "ADDRESS", "MACHINE" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(argument, names[i], strlen(names[i])))
			return true;
	return false;
}

int option_apply(const struct cmd_option *option, void *target, char *value, struct err *err)
{
	void *field = (char *)target + option->field;

	if (value && !*value && option->argument && is_name(option->argument))
		return err_set(err, EINVAL, "--%s takes %s, not an empty text", option->name,
			option->argument);
	if (option->apply)
		return option->apply(field, value, err);
	if (option->kind == OPTION_FLAG)
		*(bool *)field = true;
	else
		*(const char **)field = value;
	return 0;
}

/* The operands of one form of a command. */
struct form {
	unsigned least, most;
	char missing[MAX_NAME]; /* the operand that @nr operands leave out */
};

static struct form read_form(const char *text, size_t len, unsigned nr)
{
	struct form form = { 0 };

	for (size_t at = 0; at < len;) {
		size_t word = strcspn(text + at, " \n");
		bool repeats = word > 3 && memmem(text + at, word, "...", 3);

		if (text[at] != '[' && form.least++ == nr)
			snprintf(form.missing, sizeof(form.missing), "%.*s",
				(int)(word - (repeats ? 3 : 0)), text + at);
		form.most = repeats ? ~0u : form.most + 1;
		at += word;
		while (at < len && text[at] == ' ')
			at++;
	}
	return form;
}

int operands_check(const char *usage, const struct command_line *line, struct err *err)
{
	unsigned nr = line->nr_operands, least = usage ? ~0u : 0, most = 0;
	char missing[MAX_NAME] = "";

	for (const char *at = usage; at;) {
		size_t len = strcspn(at, "\n");
		struct form form = read_form(at, len, nr);

		if (!*missing)
			memcpy(missing, form.missing, sizeof(missing));
		least = form.least < least ? form.least : least;
		most = form.most > most ? form.most : most;
		at = at[len] ? at + len + 1 : NULL;
	}
	if (nr < least)
		return err_set(err, EINVAL, "%s is missing", missing);
	if (nr > most)
		return err_set(err, EINVAL, "unexpected argument '%s'", line->operands[most]);
	for (unsigned i = 0; i < nr; i++)
		if (!*line->operands[i])
			return err_set(err, EINVAL, "an argument is empty");
	return 0;
}

static void help_row(const struct cmd_option *option, FILE *out)
{
	const char *line = option->help, *end;
	int column = 2;

	fputs("  ", out);
	if (option->letter)
		column += fprintf(out, "-%c, ", option->letter);
	column += fprintf(out, "--%s", option->name);
	if (option->argument)
		column += fprintf(out, " %s", option->argument);
	if (column > HELP_COLUMN - 2) {
		fputc('\n', out);
		column = 0;
	}
	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		fprintf(out, "%*s%.*s\n", HELP_COLUMN - column, "", (int)(end - line), line);
		column = 0;
	}
}

void options_help(const struct cmd_option *table, FILE *out)
{
	for (const struct cmd_option *option = table; option && option->name; option++)
		help_row(option, out);
	help_row(&option_help, out);
}
