/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops privileges of the calling thread: capabilities(7) and no_new_privs. Async-signal-safe. */
#ifndef KERNEL_PRIVILEGES_H
#define KERNEL_PRIVILEGES_H

#include "base/types.h"

/*
 * Sets no_new_privs: no program that this thread starts gains privileges, not by setuid files
 * either.
 */
int privileges_no_new(void);

/*
 * Drops all capabilities but those in @keep (a bit map by number) from the bounding set, if the
 * thread may: call it before a change of the user, too, which takes that right away.
 */
void privileges_bound(u64 keep);

/* The same, and drops them from the thread's own sets. Root keeps @keep across execve(). */
int privileges_drop(u64 keep);

#endif
