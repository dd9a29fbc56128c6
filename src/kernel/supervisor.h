/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives a helper program its files, without the right to open any (seccomp_unotify(2)).
 *
 * The helper opens its files by their names, as its command line and its data say. The kernel
 * stops it in open(), and a thread of this process answers: for a name of the list with the
 * descriptor that is already open here, as if the helper had opened it; for any other name the
 * kernel goes on, as far as Landlock and the file's mode let it. So the helper may be a user, and
 * in a namespace, for whom those files do not exist.
 *
 * That is so while the helper starts: it loads its libraries, and reads its files. When it serves,
 * the supervisor closes, and from then on all calls that open, connect or execute fail with ENOSYS.
 */
#ifndef KERNEL_SUPERVISOR_H
#define KERNEL_SUPERVISOR_H

#include <pthread.h>

#include "base/err.h"
#include "kernel/syscall_filter.h"

struct supervisor_file {
	const char *path; /* as the helper writes it */
	/*
	 * The helper shares the open file description: its flags are those that count, and locks
	 * on it are the helper's.
	 */
	int fd;
};

struct supervisor {
	const struct supervisor_file *files; /* they and their descriptors outlive the supervisor */
	unsigned nr_files;
	struct syscall_filter filter;
	pthread_t thread;
	int ours, theirs; /* sockets; the helper sends what tells of its calls */
	bool runs;
};

/* Starts the thread. Close it also after an error. */
int supervisor_open(
	struct supervisor *s, const struct supervisor_file *files, unsigned nr, struct err *err);

/*
 * In the helper, before it executes its program, with no_new_privs set. Async-signal-safe. Returns
 * 0 or -errno: -EBUSY if the container in which all this runs has a supervisor of its own.
 */
int supervisor_enter(const struct supervisor *s);

/* The helper serves, or has failed. Waits for the thread. Safe on a zeroed struct. */
void supervisor_close(struct supervisor *s);

#endif
