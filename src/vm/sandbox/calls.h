/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which system calls a machine's threads need. */
#ifndef VM_SANDBOX_CALLS_H
#define VM_SANDBOX_CALLS_H

#include "base/thread.h"
#include "base/types.h"

/* Room for all that one kind may call, and the NULL at the end. */
#define SANDBOX_MAX_CALLS 160

/* Writes the names to @names, and a NULL; returns how many there are. */
unsigned sandbox_calls_of(enum thread_kind kind, const char *names[SANDBOX_MAX_CALLS]);

/* What no version of this program calls in a machine that runs: an attack. Ends with NULL. */
extern const char *const sandbox_fatal_calls[];

#endif
