/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters of system calls (seccomp(2)), made with libseccomp from tables of names. A name that this
 * architecture does not have is passed over.
 */
#ifndef KERNEL_SYSCALL_FILTER_H
#define KERNEL_SYSCALL_FILTER_H

#include <linux/filter.h>

#include "base/err.h"
#include "base/types.h"

/* A program for the kernel; the caller frees it by syscall_filter_free(). */
struct syscall_filter {
	struct sock_filter *code;
	unsigned short nr;
};

struct syscall_filter_config {
	const char *const *allowed; /* ends with NULL; NULL: all but @fatal */
	const char *const *fatal;   /* end the process; ends with NULL; may be NULL */
	bool threads;               /* clone() may make threads, but no processes */
	bool log;                   /* nothing is refused; the kernel's log says what would be */
};

/*
 * What is neither allowed nor fatal raises SIGSYS, see syscall_filter_report(), and fails with
 * EPERM there.
 */
int syscall_filter_make(
	struct syscall_filter *filter, const struct syscall_filter_config *config, struct err *err);
void syscall_filter_free(struct syscall_filter *filter);

/* On the calling thread, which has no_new_privs. Async-signal-safe. -errno. */
int syscall_filter_enforce(const struct syscall_filter *filter);

/* From now on a call that was refused fails with EPERM, and a message names it, the first few. */
int syscall_filter_report(void);

#endif
