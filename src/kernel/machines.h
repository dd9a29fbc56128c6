/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines that run on this host, and copies of their statistics' descriptors.
 *
 * A process that has KVM's statistics open shows it below /proc/PID/fd; pidfd_getfd(2) copies a
 * descriptor of a process that the caller might trace. So a machine offers nothing that could be
 * attacked, and who may look at it is the kernel's decision.
 */
#ifndef KERNEL_MACHINES_H
#define KERNEL_MACHINES_H

#include "base/err.h"
#include "base/types.h"

#define MACHINES_MAX     256 /* that are found */
#define MACHINE_MAX_CPUS 256

/* Finds the processes that have a machine's statistics open. Returns how many are in @pids. */
unsigned machines_find(int pids[MACHINES_MAX]);

struct machine_stats {
	int process; /* descriptors, the struct's */
	int vm;
	int cpus[MACHINE_MAX_CPUS];
	unsigned nr_cpus;
};

/* Copies the descriptors of process @pid. */
int machine_stats_open(struct machine_stats *stats, int pid, struct err *err);
void machine_stats_close(struct machine_stats *stats);

/* Whether the machine's process has ended; the statistics no longer change then. */
bool machine_has_ended(const struct machine_stats *stats);

#endif
