/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's limits on this process: memory, processors, open files. */
#ifndef KERNEL_LIMITS_H
#define KERNEL_LIMITS_H

#include "kernel/sysroot.h"

#define LIMIT_NONE (~0ull)

/* The number of processors that the process may use. */
unsigned limit_cpus(void);

/*
 * The memory limit of the process's cgroup in bytes (the lowest memory.max of it and its ancestors;
 * cgroup v2 only), or LIMIT_NONE.
 */
u64 limit_cgroup_memory(const struct sysroot *sysroot);

/* How many bytes the process may lock; LIMIT_NONE if it may lock all memory (CAP_IPC_LOCK). */
u64 limit_locked_memory(void);

/*
 * Raises the soft limit on open files, up to the hard limit, so that @more can be opened. Returns
 * how many can be.
 */
u64 limit_raise_files(u64 more);

#endif
