/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For what the kernel changes of one thread only, and is to change of the whole process. */
#ifndef KERNEL_EVERY_THREAD_H
#define KERNEL_EVERY_THREAD_H

#include "base/err.h"

/*
 * Has every thread of the process call @run, in a handler of a signal but for the caller: it does
 * only what is async-signal-safe. Threads of the kernel's (io_uring, vhost) are left out. No thread
 * may be made meanwhile. Returns 0, the first -errno that a @run returned, or -ETIMEDOUT where a
 * thread did not answer.
 */
int every_thread(int (*run)(void *argument), void *argument, struct err *err);

#endif
