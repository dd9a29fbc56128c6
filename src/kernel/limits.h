/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel lets this process have: memory, processors, open files. */
#ifndef KERNEL_LIMITS_H
#define KERNEL_LIMITS_H

#include "kernel/sysroot.h"

#define LIMIT_NONE (~0ull)

/* Processors that the process may use. */
unsigned limit_cpus(void);

/*
 * Bytes of memory that the process's cgroup may have in all (memory.max of it and of those above
 * it; version 2 only), LIMIT_NONE without a limit.
 */
u64 limit_cgroup_memory(const struct sysroot *sysroot);

/* Bytes that the process may lock, LIMIT_NONE where it may lock all (CAP_IPC_LOCK). */
u64 limit_locked_memory(void);

/*
 * Raises the soft limit of open files so that @more fit beside those that are open, as far as the
 * hard limit goes. Returns how many fit.
 */
u64 limit_raise_files(u64 more);

#endif
