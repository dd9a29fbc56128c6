/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs work that may block in the kernel in a child process. */
#ifndef HOST_ACT_CHILD_H
#define HOST_ACT_CHILD_H

#include <sys/types.h>

#include "base/types.h"

/*
 * Runs @work in a child and waits @seconds for its end. Returns the result of @work, 0 or -errno
 * (at least -255), -EINTR if a signal ended the child, or -ETIMEDOUT if it is still there after a
 * SIGKILL; *@stuck is its pid then. The child keeps the caller's descriptors, and so its locks.
 */
int child_run(int (*work)(void *arg), void *arg, unsigned seconds, pid_t *stuck);

#endif
