// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * script: busybox runs the shell script /scripts/NAME of the initramfs, name=NAME, with the
 * distribution's programs beside it; its lines are printed, and its status is 0
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"

#define LINES 400

static _Noreturn void become(const char *name, int output)
{
	char path[64];

	snprintf(path, sizeof(path), "/scripts/%s", name);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execl("/bin/busybox", "sh", "-e", path, NULL);
	_exit(127);
}

void step_script(const struct args *args)
{
	const char *name = args_get(args, "name", "");
	char line[256], last[256] = "nothing";
	unsigned nr = 0;
	int pair[2], status;
	FILE *output;
	pid_t pid;

	if (pipe(pair))
		fail_errno("no pipe");
	pid = fork();
	if (!pid)
		become(name, pair[1]);
	close(pair[1]);
	output = fdopen(pair[0], "r");
	while (fgets(line, sizeof(line), output)) {
		line[strcspn(line, "\n")] = '\0';
		if (nr++ < LINES)
			say("SCRIPT %s", line);
		if (*line)
			strcpy(last, line);
	}
	if (waitpid(pid, &status, 0) != pid)
		fail_errno("it is lost");
	if (status)
		fail("status %#x after %u lines: %s", (unsigned)status, nr, last);
	report("lines", "%u", nr);
}
