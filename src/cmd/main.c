// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"

/* Commands under names that people know from other programs. */
static const char *also_known_as(const char *word)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return cmd_help.name;
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return cmd_version.name;
	return word;
}

/*
 * The caller may have closed the standard files. The next file that is opened would then take the
 * place of one of them. So open /dev/null for reading in their place: it has nothing to read, and
 * writing to it fails.
 */
static void guard_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			_exit(EXIT_CANNOT);
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;
	struct err err = { 0 };

	guard_standard_files();
	if (argc < 2) {
		cmd_list_print(stderr);
		return EXIT_USAGE;
	}
	cmd = cmd_find(also_known_as(argv[1]), &err);
	if (cmd)
		return cmd_call(cmd, argc - 1, argv + 1);
	log_err(&err);
	return EXIT_USAGE;
}
