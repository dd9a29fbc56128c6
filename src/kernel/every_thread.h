/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applies to every thread of the process what the kernel changes for the calling thread only. */
#ifndef KERNEL_EVERY_THREAD_H
#define KERNEL_EVERY_THREAD_H

#include "base/err.h"

/*
 * Has every thread of the process call @run. All but the caller do so in a signal handler, so @run
 * must be async-signal-safe. Threads that belong to the kernel (io_uring, vhost) are left out, and
 * those that end meanwhile. No thread may be created. Returns 0, the first -errno that a @run
 * returned, or -ETIMEDOUT if a thread did not answer.
 */
int every_thread(int (*run)(void *argument), void *argument, struct err *err);

#endif
