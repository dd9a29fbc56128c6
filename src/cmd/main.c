// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"

/* What was printed has to have arrived: a full disk is no success. */
static int finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	log_error("cannot write standard output: %s", strerror(errno));
	return code == EXIT_FINE || code == EXIT_FINDINGS ? EXIT_CANNOT : code;
}

/* Commands under names that people know from elsewhere. */
static const char *also_known_as(const char *word)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return cmd_help.name;
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return cmd_version.name;
	return word;
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;
	struct err err = { 0 };

	if (argc < 2) {
		cmd_list_print(stderr);
		return EXIT_USAGE;
	}
	cmd = cmd_find(also_known_as(argv[1]), &err);
	if (cmd)
		return finish(cmd_call(cmd, argc - 1, argv + 1));
	log_err(&err);
	return EXIT_USAGE;
}
