/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A helper program, before it runs: the files that it may open, no rights but those named, none of
 * the system calls that no helper needs, and no network where it has none. What the host lacks of
 * this is left out.
 */
#ifndef KERNEL_CONFINE_H
#define KERNEL_CONFINE_H

#include "kernel/landlock.h"
#include "kernel/syscall_filter.h"

struct confine {
	int ruleset; /* -1: none */
	struct syscall_filter filter;
	u64 keep;         /* capabilities, by number, where root starts it */
	bool has_network; /* of the host's */
};

/* @rules: beside those for programs and their libraries. Made before fork(), in the parent. */
int confine_open(
	struct confine *confine, const struct landlock_rule *rules, unsigned nr, struct err *err);
void confine_close(struct confine *confine);

/* In the child: struct child_config.prepare, with a struct confine. Async-signal-safe. */
int confine_enter(const void *confine);

#endif
