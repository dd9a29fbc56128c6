// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privileges.h"
#include "base/types.h"

#define SOCKET 3 /* the one descriptor that stays open besides those of /dev/null */

/* The C library's fork() makes no namespaces, and works less well in a child of clone(). */
pid_t keeper_fork(unsigned long namespaces)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD | namespaces, NULL, NULL, NULL, NULL);
}

/* What it has of the machine's: a helper's end must not keep anything open, or alive. */
static void let_go(int socket)
{
	int null = open("/dev/null", O_RDWR);

	dup2(socket, SOCKET);
	for (int fd = 0; fd < SOCKET && null >= 0; fd++)
		dup2(null, fd);
	syscall(SYS_close_range, SOCKET + 1, ~0u, 0);
	privileges_no_new();
	privileges_drop(BIT_ULL(CAP_KILL));
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "tenon-keeper");
}

/* Nothing but SIGKILL and SIGSTOP ends or stops it. Returns what tells that a child has ended. */
static int take_signals(void)
{
	sigset_t all, ends;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	return signalfd(-1, &ends, SFD_NONBLOCK);
}

static void kill_helper(pid_t helper)
{
	kill(-helper, SIGKILL);
	kill(helper, SIGKILL);
}

static void ask_to_end(pid_t helper)
{
	kill(helper, SIGTERM);
	kill(helper, SIGCONT);
}

/* Returns false when there will be no more. */
static bool take_order(pid_t helper)
{
	char order;
	ssize_t n = recv(SOCKET, &order, sizeof(order), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	if (order == KEEPER_TERM)
		ask_to_end(helper);
	else if (order == KEEPER_KILL)
		kill_helper(helper);
	return true;
}

/* In a PID namespace, processes that the helper has left come here, too. */
static bool has_ended(pid_t helper, int signals, int *status)
{
	struct signalfd_siginfo info;
	pid_t pid;

	while (read(signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, status, WNOHANG)) > 0)
		if (pid == helper)
			return true;
	return false;
}

static u64 now_ms(void)
{
	return clock_monotonic(&clock_system) / NS_PER_MS;
}

static int left(u64 end)
{
	u64 now = now_ms();

	return !end ? -1 : now < end ? (int)(end - now) : 0;
}

void keeper_run(int socket, pid_t helper, unsigned patience)
{
	struct pollfd fds[] = { { SOCKET, POLLIN, 0 }, { -1, POLLIN, 0 } };
	u64 end = 0; /* ms; when SIGKILL is due; 0: it is not */
	int status;

	let_go(socket);
	fds[1].fd = take_signals();
	while (!has_ended(helper, fds[1].fd, &status)) {
		poll(fds, ARRAY_SIZE(fds), left(end));
		if (fds[0].revents && !take_order(helper)) {
			fds[0].fd = -1;
			ask_to_end(helper);
			end = now_ms() + patience;
		} else if (end && !left(end)) {
			kill_helper(helper);
			end = 0;
		}
	}
	send(SOCKET, &status, sizeof(status), MSG_DONTWAIT | MSG_NOSIGNAL);
	_exit(0);
}
