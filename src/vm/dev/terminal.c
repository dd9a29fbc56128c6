// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Blocks SIGTTOU, which would stop a process in the background that changes the terminal. */
static int set_modes(int fd, const struct termios *modes)
{
	sigset_t stop, before;
	int ret;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &stop, &before);
	ret = tcsetattr(fd, TCSANOW, modes) ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int terminal_raw(struct terminal *terminal, struct err *err)
{
	struct termios modes;
	int ret;

	if (terminal->raw || terminal->fd < 0 || !isatty(terminal->fd))
		return 0;
	if (tcgetattr(terminal->fd, &terminal->saved))
		return err_sys(err, errno, "cannot read the terminal's modes");
	modes = terminal->saved;
	cfmakeraw(&modes);
	/* tenon's messages go to the same screen and end their lines with a bare newline. */
	modes.c_oflag = terminal->saved.c_oflag;
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	/* From here on a signal handler restores the modes. */
	terminal->raw = true;
	ret = set_modes(terminal->fd, &modes);
	if (ret)
		return err_sys(err, -ret, "cannot set the terminal's modes");
	return 0;
}

void terminal_restore(struct terminal *terminal)
{
	int saved_errno = errno;

	/* In the background the modes belong to the foreground process. */
	if (terminal->raw && terminal_is_ours(terminal))
		set_modes(terminal->fd, &terminal->saved);
	terminal->raw = false;
	errno = saved_errno;
}

bool terminal_is_ours(const struct terminal *terminal)
{
	pid_t front = tcgetpgrp(terminal->fd);

	/*
	 * Without job control, or on a terminal that is not the session's, no other process
	 * competes for it.
	 */
	return front < 0 || front == getpgrp();
}

/*
 * Whether opening the file again gives the same object: no file with an offset, no new
 * pseudo-terminal.
 */
static bool can_reopen(int fd, const struct stat *st)
{
	unsigned number;

	if (S_ISFIFO(st->st_mode))
		return true;
	return isatty(fd) && ioctl(fd, TIOCGPTN, &number);
}

int terminal_reopen(int fd, bool *nonblocking, struct err *err)
{
	char path[32];
	struct stat st;
	int flags = fcntl(fd, F_GETFL);
	int own = -1;

	if (flags < 0 || fstat(fd, &st))
		return err_sys(err, errno, "cannot use file %d as the console", fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (can_reopen(fd, &st))
		own = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	*nonblocking = own >= 0 || (flags & O_NONBLOCK);
	/* The terminal may belong to another user, for instance after su. */
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return err_sys(err, errno, "cannot use file %d as the console", fd);
	return own;
}
