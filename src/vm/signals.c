// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/signals.h"

#include <errno.h>
#include <sys/signalfd.h>

#include "base/own.h"

static void on_ready(void *owner, u32 events)
{
	struct signals *signals = owner;
	struct signalfd_siginfo info;

	while (read(signals->source.fd, &info, sizeof(info)) == sizeof(info))
		signals->caught(signals->owner, (int)info.ssi_signo);
}

int signals_open(struct signals *signals, struct loop *loop,
	void (*caught)(void *owner, int signal), void *owner, struct err *err)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;
	int ret;

	*signals = (struct signals){ .caught = caught, .owner = owner };
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCONT);
	signals->source = (struct loop_source){
		.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.events = EPOLLIN,
		.ready = on_ready,
		.owner = signals,
	};
	if (signals->source.fd < 0)
		return err_sys(err, errno, "cannot wait for signals");
	ret = loop_add(loop, &signals->source, err);
	if (ret) {
		close_fd(&signals->source.fd);
		return ret;
	}
	signals->loop = loop;
	pthread_sigmask(SIG_BLOCK, &set, &signals->before);
	sigaction(SIGPIPE, &ignore, &signals->before_pipe);
	sigaction(SIGXFSZ, &ignore, &signals->before_size);
	return 0;
}

void signals_close(struct signals *signals)
{
	struct signalfd_siginfo info;

	if (!signals->loop)
		return;
	loop_remove(signals->loop, &signals->source);
	/*
	 * Signals that are still pending asked for the end that is already in progress. Unblocked,
	 * they would kill the process.
	 */
	while (read(signals->source.fd, &info, sizeof(info)) == sizeof(info))
		;
	close_fd(&signals->source.fd);
	sigaction(SIGPIPE, &signals->before_pipe, NULL);
	sigaction(SIGXFSZ, &signals->before_size, NULL);
	pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
	signals->loop = NULL;
}
