// SPDX-License-Identifier: GPL-2.0-or-later
/* How the supervisor gets away from what ends with the desktop: its terminal, and its session. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/take/internal.h"

#define SYSTEMD_RUN "/usr/bin/systemd-run"
#define MAX_ARGS    1024

static int open_log(void)
{
	if (rename(TAKE_LOG, TAKE_LOG ".old") && errno != ENOENT)
		return -errno;
	return open(
		TAKE_LOG, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* In the new process. */
static int leave(int log)
{
	own_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

/* Waits for the new process; Ctrl-C here ends the machine there. SIGHUP ends only this one. */
static int await(pid_t child)
{
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (!waitpid(child, &status, WNOHANG)) {
		int signal = sigwaitinfo(&set, NULL);

		if (signal == SIGINT || signal == SIGTERM)
			kill(child, SIGTERM);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool take_leave_terminal(int *code, struct err *err)
{
	own_fd int log = open_log();
	pid_t child;

	*code = EXIT_CANNOT;
	if (log < 0) {
		err_sys(err, errno, "cannot make the log " TAKE_LOG);
		return true;
	}
	fflush(NULL);
	child = fork();
	if (child < 0) {
		err_sys(err, errno, "cannot leave the terminal");
		return true;
	}
	if (child) {
		*code = await(child);
		if (*code)
			err_set(err, EIO, "it ended with status %d: see " TAKE_LOG, *code);
		return true;
	}
	if (leave(log))
		_exit(EXIT_CANNOT);
	return false;
}

/* Splits the NUL-separated arguments in @text. Returns their number. */
static unsigned split(char *text, size_t size, char **args, unsigned max)
{
	unsigned nr = 0;

	for (char *at = text; at < text + size && nr < max; at += strlen(at) + 1)
		args[nr++] = at;
	return nr;
}

static size_t read_arguments(char *text, size_t size)
{
	own_fd int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t n = 0;

	while (fd >= 0 && done < size - 1 && (n = read(fd, text + done, size - 1 - done)) > 0)
		done += n;
	text[done] = '\0';
	return n < 0 || done == size - 1 ? 0 : done;
}

void take_enter_scope(void)
{
	own_free char *text = malloc(MAX_ARGS * 128);
	char program[PATH_MAX], unit[64];
	const char *args[MAX_ARGS + 16] = { SYSTEMD_RUN, "--scope", "--quiet", "--collect",
		"--slice=machine.slice", unit, "--", program };
	char *own[MAX_ARGS];
	unsigned nr = 8, nr_own;
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (access("/run/systemd/system", F_OK) || !text || n < 0)
		return;
	program[n] = '\0';
	snprintf(unit, sizeof(unit), "--unit=tenon-take-display-%d.scope", getpid());
	nr_own = split(text, read_arguments(text, MAX_ARGS * 128), own, MAX_ARGS);
	if (nr_own < 2)
		return;
	args[nr++] = own[1];
	args[nr++] = "--yes";
	for (unsigned i = 2; i < nr_own; i++)
		args[nr++] = own[i];
	args[nr] = NULL;
	fflush(NULL);
	execv(SYSTEMD_RUN, (char *const *)args);
	log_warn("cannot run " SYSTEMD_RUN
		 " (%s): if systemd ends this session, it ends tenon, too, and the "
		 "desktop comes back by `tenon recover` only",
		strerror(errno));
}
