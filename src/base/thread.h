/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What threads are for, and the end of those that a system call holds up. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* What a thread does, which is what it needs of the host (vm/sandbox/sandbox.h). */
enum thread_kind {
	THREAD_MAIN, /* the machine's loop, and whatever says nothing else */
	THREAD_VCPU,
	THREAD_DISK,
	THREAD_NET,
	THREAD_VNC,
	NR_THREAD_KINDS,
};

/* Of the calling thread; those that it makes are THREAD_MAIN until they say otherwise. */
void thread_set_kind(enum thread_kind kind);
/* Async-signal-safe. */
enum thread_kind thread_kind(void);

/*
 * Joins @thread, which has been told to end, and sends it @signal until it has: one alone can come
 * between its last look and a system call that then waits for ever. The handler is the caller's,
 * without SA_RESTART.
 */
void thread_join_by(pthread_t thread, int signal);

#endif
