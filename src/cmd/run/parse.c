// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/run/file.h"
#include "cmd/run/options.h"

#define MAX_OPTIONS 128 /* rows of the table, for getopt's copy */
#define HELP_COLUMN 23

/* One option of the command line. */
struct given {
	const struct run_option *option;
	const char *value;
};

/* getopt's long and short options; a switch may have an argument, as --no-reboot=off. */
struct getopt_tables {
	struct option longs[MAX_OPTIONS + 1];
	char shorts[MAX_OPTIONS + 2];
};

/* getopt's value of a row, apart from its '?' and ':'. */
#define FIRST_ROW 256

static void fill_tables(struct getopt_tables *tables)
{
	static const int arguments[] = {
		[RUN_VALUE] = required_argument,
		[RUN_LIST] = required_argument,
		[RUN_SWITCH] = optional_argument,
		[RUN_ACTION] = no_argument,
	};
	char *letter = tables->shorts;

	*letter++ = ':';
	for (unsigned i = 0; run_options[i].name && i < MAX_OPTIONS; i++) {
		tables->longs[i] = (struct option){
			.name = run_options[i].name,
			.has_arg = arguments[run_options[i].kind],
			.val = FIRST_ROW + (int)i,
		};
		if (run_options[i].letter)
			*letter++ = run_options[i].letter;
	}
}

static const struct run_option *row_of(int value)
{
	if (value >= FIRST_ROW)
		return &run_options[value - FIRST_ROW];
	for (const struct run_option *option = run_options; option->name; option++)
		if (option->letter == value)
			return option;
	return NULL;
}

/* What getopt did not like; @word is where it stopped. */
static int refuse(int option, const char *word, struct err *err)
{
	char name[64];
	size_t len;

	if (option == ':')
		return err_set(err, EINVAL, "%s wants an argument", word);
	if (optopt >= FIRST_ROW)
		return err_set(err, EINVAL, "--%s takes no argument", row_of(optopt)->name);
	if (optopt)
		return err_set(err, EINVAL, "there is no option '-%c'", optopt);
	word += 2;
	len = strcspn(word, "=");
	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	if (run_option_find(name, "--", err))
		return err_set(err, EINVAL, "unexpected '--%s'", word);
	return -EINVAL;
}

/* All options into @given, which has room for them. Returns how many, or -errno. */
static int collect(struct given *given, int argc, char **argv, struct err *err)
{
	struct getopt_tables tables = { 0 };
	int option, nr = 0;

	fill_tables(&tables);
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		if (option == '?' || option == ':')
			return refuse(option, argv[optind - 1], err);
		given[nr++] = (struct given){ row_of(option), optarg };
	}
	return nr;
}

int run_options_parse(struct run_request *request, int argc, char **argv, struct err *err)
{
	/* "-vvv" is several options in one word. */
	size_t room = 1;
	own_free struct given *given = NULL;
	int nr, ret = 0;

	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]) + 1;
	given = calloc(room, sizeof(*given));
	if (!given)
		return err_sys(err, ENOMEM, "cannot read the options");
	nr = collect(given, argc, argv, err);
	if (nr < 0)
		return nr;
	if (optind < argc)
		request->file = argv[optind++];
	if (optind < argc)
		return err_set(err, EINVAL, "unexpected argument '%s'", argv[optind]);
	if (request->file)
		ret = run_file_read(request, request->file, err);
	for (int i = 0; i < nr && !ret; i++)
		ret = run_option_apply(request, given[i].option, given[i].value, err);
	return ret;
}

static void help_row(const struct run_option *option, FILE *out)
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

void run_options_help(FILE *out)
{
	fputs("Usage: tenon run [FILE] [OPTIONS]\n"
	      "\n"
	      "Runs a virtual machine until it powers itself off. FILE holds options, one a line,\n"
	      "as 'memory: 8G'; those of the command line come on top.\n"
	      "\n",
		out);
	for (const struct run_option *option = run_options; option->name; option++)
		help_row(option, out);
}
