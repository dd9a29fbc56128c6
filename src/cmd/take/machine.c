// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine's process, as the supervisor sees it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/take/internal.h"

/*
 * Closes all that the supervisor has open: the journal above all, which root acts on. Only @hold
 * stays, which cannot be written to.
 */
static void close_others(int hold)
{
	if (hold > 3)
		syscall(SYS_close_range, 3, hold - 1, 0);
	syscall(SYS_close_range, hold + 1, ~0u, 0);
}

static void __attribute__((noreturn))
become_machine(const struct take_machine *machine, int hold, int go, const sigset_t *mask)
{
	char byte;
	int code;

	/* The supervisor has ended, and its watcher does not know this process. */
	if (read(go, &byte, 1) != 1)
		_exit(EXIT_CANNOT);
	close_others(hold);
	sigprocmask(SIG_SETMASK, mask, NULL);
	code = machine->request->run(machine->request->arg);
	fflush(NULL);
	_exit(code);
}

/* What a key on the terminal sends reaches the machine by itself. */
static void pass_on(pid_t pid, const siginfo_t *info)
{
	if (info->si_signo != SIGCHLD && info->si_code != SI_KERNEL)
		kill(pid, info->si_signo);
}

static int await(pid_t pid, const sigset_t *set, struct err *err)
{
	siginfo_t info;
	int status;

	while (!waitpid(pid, &status, WNOHANG))
		if (sigwaitinfo(set, &info) > 0)
			pass_on(pid, &info);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	err_set(err, EIO, "the machine was ended by signal %d (%s)", WTERMSIG(status),
		strsignal(WTERMSIG(status)));
	return EXIT_CANNOT;
}

static int start(const struct take_machine *machine, int hold, const sigset_t *mask, pid_t *pid,
	struct err *err)
{
	own_fd int go = -1, go_end = -1;
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, errno, "cannot start the machine");
	go = ends[0];
	go_end = ends[1];
	fflush(NULL);
	*pid = fork();
	if (*pid < 0)
		return err_sys(err, errno, "cannot start the machine");
	if (!*pid) {
		close_fd(&go_end);
		become_machine(machine, hold, go, mask);
	}
	ret = take_watch_tell(machine->watch, *pid, err);
	/* Without this byte the machine's process ends by itself. */
	if (!ret && write(go_end, "", 1) != 1)
		ret = err_sys(err, errno, "cannot start the machine");
	return ret;
}

int take_machine_run(void *arg, int *hold, struct err *err)
{
	struct take_machine *machine = arg;
	sigset_t set, mask, none;
	pid_t pid = -1;
	int ret;

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &mask);
	ret = start(machine, *hold, &none, &pid, err);
	if (pid > 0)
		machine->code = await(pid, &set, err);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return ret ? ret : -err->code;
}
