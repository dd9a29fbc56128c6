/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tenon top` shows of one machine: two readings of its counters and their difference. */
#ifndef CMD_STATS_TOP_H
#define CMD_STATS_TOP_H

#include "cmd/stats/show.h"
#include "kernel/process.h"

/* Counters since the machine's start. */
struct top_counters {
	struct process_stat process;
	u64 read, written;  /* bytes of its disks */
	u64 received, sent; /* bytes of its taps, as the guest sees them */
	u64 mapped, to_map; /* bytes of memory, for DMA of its devices */
	bool has_disks, has_taps;
};

struct top_machine {
	int pid;
	char name[MACHINE_NAME_SIZE];
	struct stats_sample exits;
	struct top_counters now, before;
	bool seen; /* in this round */
};

/* Starts with a first reading. Returns 0 or -errno: it has ended, or this user may not look. */
int top_machine_open(struct top_machine *machine, int pid, struct err *err);
void top_machine_close(struct top_machine *machine);
/* Reads again. */
int top_machine_read(struct top_machine *machine, struct err *err);

/* A counter's change in a second. */
double top_rate(const struct top_machine *machine, u64 now, u64 before);
/* Per cent of one processor, of ticks. */
double top_percent(const struct top_machine *machine, u64 now, u64 before);
/*
 * Exits in a second, and the name of the most frequent kind; NULL: there was none. KVM counts each
 * exit in "exits", and many kinds apart.
 */
u64 top_exits(const struct top_machine *machine, const char **cause);

/* For tests: a tap's name in the text of /proc/PID/fdinfo. */
bool top_parse_fdinfo(const char *text, char name[16]);

#endif
