// SPDX-License-Identifier: GPL-2.0-or-later
/* The watcher: puts everything back if the supervisor was killed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/take/internal.h"

/* How long a machine may take to end: as long as `tenon run --grace` may wait, and then killed. */
#define MACHINE_MS (90 * 1000)
#define KILLED_MS  (60 * 1000)
/* A change that the supervisor has begun holds the lock, until the kernel has finished it. */
#define LOCK_TRIES 60

static bool ended(int machine, int ms)
{
	struct pollfd p = { .fd = machine, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static void end_machine(int machine)
{
	if (machine < 0 || ended(machine, 0))
		return;
	log_warn("the process that started the machine was killed: the machine is ended");
	syscall(SYS_pidfd_send_signal, machine, SIGTERM, NULL, 0);
	if (ended(machine, MACHINE_MS))
		return;
	syscall(SYS_pidfd_send_signal, machine, SIGKILL, NULL, 0);
	ended(machine, KILLED_MS);
}

static int undo(struct session *session, const char *name, struct err *err)
{
	struct journal journal;
	int ret = faccessat(session->store.directory, name, F_OK, 0);

	/* The supervisor came to its end, and has put everything back. */
	if (ret)
		return 0;
	ret = journal_load(&journal, session->store.directory, name, true, err);
	if (ret)
		return ret;
	log_info("putting back what was taken from the host");
	ret = act_undo(&session->act, &journal, err);
	journal_close(&journal);
	return ret;
}

static int put_back(const char *command, const char *device)
{
	struct session session;
	struct err err = { 0 };
	char name[128];
	int ret;

	snprintf(name, sizeof(name), "%.64s.%.32s.journal", device, command);
	for (unsigned i = 0;; i++) {
		err_clear(&err);
		ret = session_open(&session, NULL, true, &err);
		if (ret != -EBUSY || i == LOCK_TRIES)
			break;
		session_close(&session);
	}
	if (!ret)
		ret = undo(&session, name, &err);
	session_close(&session);
	if (ret) {
		err_help(&err, "`tenon recover` tries again.");
		log_err(&err);
	}
	return ret;
}

/* Reads the machine's process until the supervisor has ended. Returns a pidfd, or -1. */
static int await_end(int pipe)
{
	int machine = -1;
	pid_t pid;
	ssize_t n;

	for (;;) {
		n = read(pipe, &pid, sizeof(pid));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(pid))
			return machine;
		/* The supervisor has not waited for it yet, so the number is still the machine's.
		 */
		close_fd(&machine);
		machine = (int)syscall(SYS_pidfd_open, pid, 0);
	}
}

static void __attribute__((noreturn)) watch(int pipe, const char *command, const char *device)
{
	own_fd int machine = -1;

	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	machine = await_end(pipe);
	end_machine(machine);
	_exit(put_back(command, device) ? 1 : 0);
}

int take_watch_start(
	struct take_watch *watcher, const char *command, const char *device, struct err *err)
{
	int ends[2];
	pid_t pid;

	watcher->pipe = -1;
	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, errno, "cannot start a watcher");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		watch(ends[0], command, device);
	}
	close(ends[0]);
	if (pid < 0) {
		int code = errno;

		close(ends[1]);
		return err_sys(err, code, "cannot start a watcher");
	}
	watcher->pipe = ends[1];
	return 0;
}

int take_watch_tell(const struct take_watch *watcher, pid_t machine, struct err *err)
{
	if (write(watcher->pipe, &machine, sizeof(machine)) == sizeof(machine))
		return 0;
	return err_sys(err, errno, "the watcher has ended");
}
