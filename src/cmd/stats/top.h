/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tenon top` shows of one machine: two readings of its counters and their difference. */
#ifndef CMD_STATS_TOP_H
#define CMD_STATS_TOP_H

#include "cmd/stats/show.h"

/* Counters since the machine's start. Times are in clock ticks. */
struct top_counters {
	u64 processor;      /* of all its threads */
	u64 guest;          /* of that, what its vCPUs spent in the guest */
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

/* For tests: numbers in the text of /proc/PID/stat, and a tap's name in that of /proc/PID/fdinfo.
 */
bool top_parse_stat(const char *text, u64 *processor, u64 *guest);
bool top_parse_fdinfo(const char *text, char name[16]);

#endif
