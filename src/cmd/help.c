// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon help`, `tenon version` and each command's --help. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

#define WIDTH 92 /* of a help text, in columns */

static void print_usage(const struct cmd *cmd, FILE *out)
{
	const char *operands = cmd->operands ? cmd->operands : "";

	do {
		int len = (int)strcspn(operands, "\n");

		fprintf(out, "%s tenon %s%s%s%.*s\n",
			operands == cmd->operands || !*operands ? "Usage:" : "      ", cmd->name,
			" [OPTIONS]", len ? " " : "", len, operands);
		operands += len + (operands[len] == '\n');
	} while (*operands);
}

static void print_exits(const struct cmd *cmd, FILE *out)
{
	static const char *const usual[] = {
		[EXIT_FINE] = "fine",
		[EXIT_USAGE] = "wrong usage",
		[EXIT_CANNOT] = "not possible",
	};
	int column = fprintf(out, "\nExit codes:");

	for (unsigned code = 0; code < NR_EXIT_CODES; code++) {
		const char *meaning = cmd->exits[code] ? cmd->exits[code] : usual[code];
		int len = meaning ? (int)strlen(meaning) + 5 : 0;
		bool wrap = code && column + len > WIDTH;

		if (!meaning)
			continue;
		fprintf(out, "%s%s%u %s", code ? ";" : "", wrap ? "\n" : " ", code, meaning);
		column = wrap ? len : column + len;
	}
	fputs(".\n", out);
}

void cmd_help_print(const struct cmd *cmd, FILE *out)
{
	print_usage(cmd, out);
	fprintf(out, "\n%s\n", cmd->description);
	options_help(cmd->options, out);
	if (cmd->notes)
		fprintf(out, "\n%s", cmd->notes);
	print_exits(cmd, out);
}

void cmd_list_print(FILE *out)
{
	fputs("Usage: tenon COMMAND [OPTIONS]\n\nCommands:\n", out);
	for (const struct cmd *const *cmd = commands; *cmd; cmd++)
		if ((*cmd)->summary)
			fprintf(out, "  %-10s %s\n", (*cmd)->name, (*cmd)->summary);
	fputs("\n`tenon help COMMAND` describes a command, tenon(1) all of them.\n", out);
}

static int help_main(const struct cmd_call *call, struct err *err)
{
	const struct cmd *cmd = NULL;

	if (call->nr_operands) {
		cmd = cmd_find(call->operands[0], err);
		if (!cmd)
			return EXIT_USAGE;
		cmd_help_print(cmd, stdout);
	} else {
		cmd_list_print(stdout);
	}
	return EXIT_FINE;
}

static int version_main(const struct cmd_call *call, struct err *err)
{
	puts("tenon " TENON_VERSION);
	return EXIT_FINE;
}

const struct cmd cmd_help = {
	.name = "help",
	.summary = "describe a command, or list them all",
	.operands = "[COMMAND]",
	.description = "Describes a command; without one, lists the commands.\n",
	.main = help_main,
};

const struct cmd cmd_version = {
	.name = "version",
	.summary = "print the version",
	.description = "Prints the version of tenon.\n",
	.main = version_main,
};
