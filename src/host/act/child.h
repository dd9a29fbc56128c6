/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work in a child that may get stuck in the kernel. */
#ifndef HOST_ACT_CHILD_H
#define HOST_ACT_CHILD_H

#include <sys/types.h>

#include "base/types.h"

/*
 * Runs @work in a child and waits @seconds for its end. Returns what it returned, 0 or -errno
 * (at least -255), -EINTR where a signal ended it, or -ETIMEDOUT: it got SIGKILL and is still
 * there, as *@stuck. The child keeps the caller's descriptors, so also its locks.
 */
int child_run(int (*work)(void *arg), void *arg, unsigned seconds, pid_t *stuck);

#endif
