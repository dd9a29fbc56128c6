/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals that end a machine, and SIGCONT, as events of the loop: SIGTERM, SIGINT, SIGHUP.
 * They are blocked in every thread made after signals_open(), until signals_close().
 *
 * So long writes fail that would otherwise end the process with cards in the guest's hands:
 * SIGPIPE and SIGXFSZ, of a reader that left and of a file that may not grow, are ignored.
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
