// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon console`: the serial console of a running machine, on this terminal. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "vm/dev/terminal.h"

#define DETACH_KEY 0x1d /* Ctrl-] */

struct attached {
	int socket, signals;
	bool is_terminal; /* keys come from a person */
	bool ended;       /* no more input */
	char keys[256];   /* those of a script that the machine has not taken yet */
	size_t nr_keys;
	struct terminal terminal;
};

/* What the machine does not take now waits here. */
static void send_keys(struct attached *attached)
{
	ssize_t n = send(
		attached->socket, attached->keys, attached->nr_keys, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n <= 0)
		return;
	attached->nr_keys -= (size_t)n;
	memmove(attached->keys, attached->keys + n, attached->nr_keys);
}

/* Returns whether to go on. */
static bool type(struct attached *attached)
{
	ssize_t n = read(STDIN_FILENO, attached->keys, sizeof(attached->keys));
	const char *detach = NULL;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		/* What a script has to type ends, and it may still want to see the answers. */
		attached->ended = true;
		return !attached->is_terminal;
	}
	if (attached->is_terminal)
		detach = memchr(attached->keys, DETACH_KEY, (size_t)n);
	attached->nr_keys = detach ? (size_t)(detach - attached->keys) : (size_t)n;
	send_keys(attached);
	/* A person's keys are read at any time, so that Ctrl-] works: the guest loses the rest. */
	if (attached->is_terminal)
		attached->nr_keys = 0;
	return !detach;
}

/* Returns whether to go on; false with @err unset: the machine has ended. */
static bool show(const struct attached *attached, struct err *err)
{
	char bytes[4096];
	ssize_t n = recv(attached->socket, bytes, sizeof(bytes), MSG_DONTWAIT);
	int ret;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	ret = file_write(STDOUT_FILENO, bytes, (size_t)n);
	if (ret && ret != -EAGAIN)
		err_sys(err, -ret, "cannot show the console");
	return !err->code;
}

/* Returns whether to go on. */
static bool obey(struct attached *attached)
{
	struct signalfd_siginfo info;
	struct err ignored = { 0 };

	if (read(attached->signals, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGCONT)
		return false;
	/* The process that was in the foreground has left its own modes. */
	terminal_restore(&attached->terminal);
	terminal_raw(&attached->terminal, &ignored);
	return true;
}

static int serve(struct attached *attached, struct err *err)
{
	bool detached = false;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = attached->socket,
				.events = POLLIN | (attached->nr_keys ? POLLOUT : 0) },
			{ .fd = attached->ended || attached->nr_keys ? -1 : STDIN_FILENO,
				.events = POLLIN },
			{ .fd = attached->signals, .events = POLLIN },
		};

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for the console");
		if (p[0].revents & POLLOUT)
			send_keys(attached);
		if (p[0].revents & ~POLLOUT && !show(attached, err))
			break;
		if (p[2].revents && !obey(attached))
			return err->code ? -err->code : -EINTR;
		detached = p[1].revents && !type(attached);
		if (detached)
			break;
	}
	if (attached->is_terminal && !err->code)
		fputs(detached ? "\r\n[detached]\r\n" : "\r\n[the machine has ended]\r\n", stderr);
	return -err->code;
}

/* Signals that would end this process with the terminal as it is come as bytes instead. */
static int take_signals(struct attached *attached, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	attached->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return attached->signals < 0 ? err_sys(err, errno, "cannot wait for signals") : 0;
}

static int console_main(const struct cmd_call *call, struct err *err)
{
	struct attached attached = {
		.socket = -1,
		.signals = -1,
		.is_terminal = isatty(STDIN_FILENO),
		.terminal = { .fd = STDIN_FILENO },
	};
	int ret = client_open_serial(&attached.socket, call->operands[0], err);

	signal(SIGPIPE, SIG_IGN);
	if (!ret)
		ret = take_signals(&attached, err);
	if (!ret && attached.is_terminal)
		fprintf(stderr, "The serial console of %s. Ctrl-] leaves it.\n", call->operands[0]);
	if (!ret)
		ret = terminal_raw(&attached.terminal, err);
	if (!ret)
		ret = serve(&attached, err);
	terminal_restore(&attached.terminal);
	close_fd(&attached.socket);
	close_fd(&attached.signals);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_console = {
	.name = "console",
	.summary = "attach this terminal to a machine's serial console",
	.operands = "MACHINE",
	.description =
		"Shows the serial console of a running machine, and types on it: first what "
		"it has shown\n"
		"lately (256 KiB at most), then what comes. Ctrl-] leaves it, and the machine "
		"runs on; it\n"
		"may be attached to as often as one likes, by eight at a time.\n",
	.exits = { "left, or the machine has ended", NULL, NULL,
		"no such machine runs, or a signal ended it" },
	.main = console_main,
};
