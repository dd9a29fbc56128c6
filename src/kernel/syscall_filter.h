/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters of system calls (seccomp(2)), made with libseccomp from tables of names. Names that this
 * architecture does not have are skipped.
 */
#ifndef KERNEL_SYSCALL_FILTER_H
#define KERNEL_SYSCALL_FILTER_H

#include <linux/filter.h>

#include "base/err.h"
#include "base/types.h"

/* A filter program for the kernel; the caller frees it with syscall_filter_free(). */
struct syscall_filter {
	struct sock_filter *code;
	unsigned short nr;
};

struct syscall_filter_config {
	const char *const *allowed; /* ends with NULL; NULL: all but @fatal */
	/* Each of these ends with NULL, and may be NULL: */
	const char *const *fatal;   /* end the process */
	const char *const *refused; /* fail with EPERM */
	const char *const *asked;   /* another process decides, see kernel/supervisor.h */
	bool threads;               /* clone() may create threads, but no processes */
	bool log;                   /* only have the kernel log what would be refused */
};

/*
 * A call that is neither allowed nor fatal raises SIGSYS; syscall_filter_report() makes it fail
 * with EPERM.
 */
int syscall_filter_make(
	struct syscall_filter *filter, const struct syscall_filter_config *config, struct err *err);
void syscall_filter_free(struct syscall_filter *filter);

/*
 * Enforces the filter on the calling thread, which must have no_new_privs set. Async-signal-safe.
 * Returns 0 or -errno.
 */
int syscall_filter_enforce(const struct syscall_filter *filter);

/*
 * The same for a filter with calls that are asked. Returns the descriptor that tells of them
 * (seccomp_unotify(2)), or -errno: -EBUSY if another filter of this thread has one.
 */
int syscall_filter_enforce_asking(const struct syscall_filter *filter);

/*
 * Installs a SIGSYS handler: from now on a refused call fails with EPERM, and messages name the
 * first few.
 */
int syscall_filter_report(void);

#endif
