/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of `tenon stats`: two readings of a machine's statistics and their difference. */
#ifndef CMD_STATS_SHOW_H
#define CMD_STATS_SHOW_H

#include "base/err.h"
#include "kernel/kvm_stats.h"
#include "kernel/machines.h"

#define STATS_MAX 1024 /* different names */

struct stats_line {
	const char *name;
	bool counts;
	u64 now;
	u64 before;
};

struct stats_sample {
	struct machine_stats files;
	struct kvm_stats vm;
	struct kvm_stats cpus[MACHINE_MAX_CPUS];
	unsigned nr_cpus;
	struct stats_line lines[STATS_MAX]; /* those of the vCPUs are added up */
	unsigned nr;
	u64 time; /* CLOCK_MONOTONIC in ns, at the last reading and the one before */
	u64 time_before;
};

int stats_sample_open(struct stats_sample *sample, int pid, struct err *err);
void stats_sample_close(struct stats_sample *sample);

/* Reads again; the last reading becomes the one before. */
int stats_sample_take(struct stats_sample *sample, struct err *err);

/* Events per second between the two readings, rounded. */
u64 stats_rate(const struct stats_sample *sample, const struct stats_line *line);

void stats_print(const struct stats_sample *sample, bool all);
void stats_print_json(const struct stats_sample *sample, bool all);

#endif
