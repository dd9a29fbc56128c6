// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/act/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

/* How long to wait after SIGKILL: a process that is not stuck in the kernel ends at once. */
#define GRACE_MS 1000

static int result_of(int status)
{
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* Whether the child ended within @ms. */
static bool ended(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

int child_run(int (*work)(void *arg), void *arg, unsigned seconds, pid_t *stuck)
{
	own_fd int pidfd = -1;
	int status, ret = 0;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-work(arg) & 0xff);
	/* Kernels before 5.3 have no pidfd: there is no deadline then. */
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0 && !ended(pidfd, seconds * 1000)) {
		kill(pid, SIGKILL);
		if (!ended(pidfd, GRACE_MS)) {
			*stuck = pid;
			return -ETIMEDOUT;
		}
		ret = -ETIMEDOUT;
	}
	do
		pid = waitpid(pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	return ret ? ret : result_of(status);
}
