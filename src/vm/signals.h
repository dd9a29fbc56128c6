/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivers the signals that end a machine (SIGTERM, SIGINT, SIGHUP) and SIGCONT as events of the
 * loop. These signals are blocked in every thread that is created after signals_open(), until
 * signals_close().
 *
 * During that time SIGPIPE (the reader is gone) and SIGXFSZ (the file may not grow) are ignored, so
 * that a write fails instead of killing the process while the guest uses assigned devices.
 */
#ifndef VM_SIGNALS_H
#define VM_SIGNALS_H

#include <signal.h>

#include "base/loop.h"

struct signals {
	struct loop *loop;
	struct loop_source source;
	sigset_t before;
	struct sigaction before_pipe, before_size;
	void (*caught)(void *owner, int signal);
	void *owner;
};

int signals_open(struct signals *signals, struct loop *loop,
	void (*caught)(void *owner, int signal), void *owner, struct err *err);
/* Safe on a zeroed struct. */
void signals_close(struct signals *signals);

#endif
