/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which system calls a machine's threads need. */
#ifndef VM_SANDBOX_CALLS_H
#define VM_SANDBOX_CALLS_H

#include "base/thread.h"
#include "base/types.h"

/* Enough for the system calls of any kind of thread and the terminating NULL. */
#define SANDBOX_MAX_CALLS 160

/* Writes the names and a terminating NULL to @names. Returns the number of names. */
unsigned sandbox_calls_of(enum thread_kind kind, const char *names[SANDBOX_MAX_CALLS]);

/*
 * System calls that no version of this program makes while a machine runs, so that a call is a sign
 * of an attack. Ends with NULL.
 */
extern const char *const sandbox_fatal_calls[];

#endif
