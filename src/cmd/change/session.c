// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/change/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/log.h"

/* A driver may take long to release a device, but one that takes a minute hangs. */
#define CHANGE_SECONDS 60
#define LOCK_SECONDS   10

static const int held[] = { SIGINT, SIGTERM, SIGHUP };

static bool interrupted(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		if (sigismember(&pending, held[i]))
			return true;
	return false;
}

static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		sigaddset(&set, held[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void say(void *arg, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

int session_open(struct session *session, const char *sysroot, bool verbose, struct err *err)
{
	int ret;

	*session = (struct session){
		.sysroot = { .fd = -1 },
		.store = { .directory = -1, .lock = -1 },
		.fx = { .ops = &effects_of_kernel, .seconds = CHANGE_SECONDS },
		.act = { .interrupted = interrupted, .tell = verbose ? say : NULL },
	};
	session->fx.sysroot = &session->sysroot;
	session->act.fx = &session->fx;
	session->act.store = &session->store;
	hold_signals();
	ret = sysroot_open(&session->sysroot, sysroot, err);
	if (!ret && session->sysroot.unpacked.directory)
		return err_set(
			err, EROFS, "%s is a capture, in which nothing can be changed", sysroot);
	return ret ? ret : store_open(&session->store, &session->sysroot, true, LOCK_SECONDS, err);
}

void session_close(struct session *session)
{
	store_close(&session->store);
	sysroot_close(&session->sysroot);
}
