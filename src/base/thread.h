/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thread kinds, and joining threads that may be blocked in a system call. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/types.h"

/* What a thread does, which is what it needs of the host (vm/sandbox/sandbox.h). */
enum thread_kind {
	THREAD_MAIN, /* the machine's loop, and every thread that has set no other kind */
	THREAD_VCPU,
	THREAD_DISK,
	THREAD_NET,
	THREAD_TPM,
	THREAD_SOUND,
	THREAD_USB,
	NR_THREAD_KINDS,
};

/* Sets the kind of the calling thread. Threads that it creates start as THREAD_MAIN. */
void thread_set_kind(enum thread_kind kind);
/* Async-signal-safe. */
enum thread_kind thread_kind(void);

/* Locks @lock if that is possible within @ms milliseconds. Returns whether it is locked. */
bool thread_lock_within(pthread_mutex_t *lock, unsigned ms);

/* Waits for @changed, at most @ms milliseconds. Returns false if that time is over. */
bool thread_wait_within(pthread_cond_t *changed, pthread_mutex_t *lock, unsigned ms);

/*
 * Whether a signal that asks for the end (SIGTERM, SIGINT, SIGHUP) is blocked and waits to be
 * taken, perhaps by a thread that itself waits for the caller.
 */
bool thread_end_is_asked(void);

/*
 * Joins @thread, which has been told to end, and sends it @signal again and again until it has
 * ended. A single signal could arrive between the thread's last check and a system call that then
 * blocks for ever. The caller has installed a handler, without SA_RESTART.
 */
void thread_join_by(pthread_t thread, int signal);

#endif
