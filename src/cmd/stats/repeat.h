/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --interval and --count of `tenon stats` and `tenon top`. */
#ifndef CMD_STATS_REPEAT_H
#define CMD_STATS_REPEAT_H

#include "base/err.h"
#include "base/types.h"

struct repeat {
	u64 interval; /* seconds */
	u64 count;    /* 0: without end */
};

/* For the tables of options; the target is the member. */
int repeat_apply_interval(void *interval, char *value, struct err *err);
int repeat_apply_count(void *count, char *value, struct err *err);

/* Waits for an interval before round @n, from 0. Returns false if there are no more rounds. */
bool repeat_await(const struct repeat *repeat, u64 n);

#endif
