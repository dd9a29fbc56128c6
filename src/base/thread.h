/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that are to end while a system call holds them up. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/*
 * Joins @thread, which has been told to end, and sends it @signal until it has: one alone can come
 * between its last look and a system call that then waits for ever. The handler is the caller's,
 * without SA_RESTART.
 */
void thread_join_by(pthread_t thread, int signal);

#endif
