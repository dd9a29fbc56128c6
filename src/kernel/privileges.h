/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities(7) and no_new_privs, of the calling thread. Async-signal-safe. */
#ifndef KERNEL_PRIVILEGES_H
#define KERNEL_PRIVILEGES_H

#include "base/types.h"

/* No program that this thread starts gets more rights than it has: setuid files count for nothing.
 */
int privileges_no_new(void);

/*
 * Keeps of all capabilities those in @keep (bits by number), also over execve() for root, and takes
 * the rest out of the bounding set as far as it may.
 */
int privileges_drop(u64 keep);

#endif
