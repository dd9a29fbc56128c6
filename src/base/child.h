/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of the distribution that a machine starts, such as qemu-storage-daemon, and that live
 * no longer than it does: they get SIGTERM when the thread that started them ends, kill -9 of the
 * process included, so start them from a thread that stays. What they print goes to the log,
 * each line with the child's name before it.
 *
 * The caller owns struct child and opens and closes it on the thread that runs the loop, or while
 * no thread does.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <sys/types.h>

#include "base/log.h"
#include "base/loop.h"

#define CHILD_FIRST_FD 3 /* what the child finds its files from on */
#define CHILD_MAX_FDS  4

struct child_config {
	const char *name;        /* for messages; outlives the child */
	const char *const *argv; /* ends with NULL; argv[0] is the program's path */
	const int *fds;          /* the child's files 3, 4, ...; they stay open here */
	unsigned nr_fds;
	/* In the child before its program starts, between fork and exec; may be NULL. */
	int (*prepare)(const void *argument);
	const void *prepare_argument;
	struct loop *loop;
	/* It ended unasked; on the loop's thread. @how: "exited with status 1", or NULL. */
	void (*ended)(void *owner, const char *how);
	void *owner;
};

struct child {
	const char *name;
	struct loop *loop;
	void (*ended)(void *owner, const char *how);
	void *owner;
	pid_t pid; /* 0: none */
	int pid_fd;
	int output_fd;
	struct loop_source end_source;
	struct loop_source output_source;
	struct log_limit limit;
	char line[512]; /* not yet ended */
	size_t line_len;
	char said[512]; /* the lines before child_works(), joined */
	bool works;     /* child_works() was called: lines go to the log at once */
};

/*
 * Looks for a program: each of @names is a path, or a name to be found in PATH. Writes the first
 * that can be run to @path, without links, and returns 0, else -ENOENT. Root runs only what is
 * root's (base/trust.h).
 */
int child_find(const char *const *names, char *path, size_t size);

int child_start(struct child *child, const struct child_config *config, struct err *err);

/* It has done what it was started for: what it prints from here on, the user sees. */
void child_works(struct child *child);

/*
 * The child failed, as @err says: adds to @err how it ended, and puts what it printed into the
 * help. Waits up to a second for it to end. Returns the error's code.
 */
int child_explain(struct child *child, struct err *err);

/* Ends it by SIGKILL, without waiting: its end is told as any other. */
void child_kill(struct child *child);

/*
 * Ends it by SIGTERM, and after @patience ms by SIGKILL. One that this process may not end, because
 * it has given up its rights, is waited for for two seconds at most, and then left to the kernel,
 * which ends it with this process. It may be called on a zeroed struct, and after the child has
 * ended.
 */
void child_stop(struct child *child, int patience);

/*
 * A pair of files by which a child that wants a listening socket is reached: *@listener for the
 * child, *@connection already connected to it. The socket's name is gone before this returns, so
 * nobody else can connect.
 */
int child_listener(int *listener, int *connection, struct err *err);

#endif
