/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of the distribution that a machine starts, such as qemu-storage-daemon, and that must
 * not outlive it, even if somebody has stopped them or has taken them over. So each has a keeper
 * (base/keeper.h), which ends it also when this process is killed with SIGKILL, and which does
 * what this process asks for when it has dropped the privileges to signal the child. What a child
 * prints goes to the log, each line prefixed with the child's name.
 *
 * The caller owns struct child and opens and closes it on the thread that runs the loop, or while
 * no thread does.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <sys/types.h>

#include "base/log.h"
#include "base/loop.h"

/* The path of this program, for a child that runs another of its commands. */
#define CHILD_THIS_PROGRAM "/proc/self/exe"

#define CHILD_FIRST_FD 3 /* the first of the descriptors that the child gets */
#define CHILD_MAX_FDS  4
#define CHILD_SAFE_FD  64 /* from here on none of these takes a descriptor's place before exec */

struct child_config {
	const char *name;        /* for messages; outlives the child */
	const char *const *argv; /* ends with NULL; argv[0] is the program's path */
	const int *fds;          /* become 3, 4, ... in the child; they stay open here */
	unsigned nr_fds;
	/* Called in the child between fork and exec; may be NULL. */
	int (*prepare)(const void *argument);
	const void *prepare_argument;
	/*
	 * The child sees no processes but its own, and none of them outlives the keeper, which is
	 * the first process of their PID namespace. If this process has no right to make
	 * namespaces, the child gets a user namespace, too, in which this user alone has a number;
	 * if there are none, it sees the host's processes.
	 */
	bool own_pids;
	/*
	 * If root starts it, the child is in a user namespace in which each user has the same
	 * number as here. Its capabilities are good for files, and for what is in its namespaces,
	 * but not for the host. Left out where the host has no such namespaces.
	 */
	bool own_users;
	unsigned files; /* how many it may open if root starts it; 0: as many as this process */
	/* ms from SIGTERM to SIGKILL if this process ends without child_stop(); 0: a default */
	unsigned patience;
	struct loop *loop;
	/*
	 * Called on the loop's thread when the child ends without child_stop(). @how: "exited with
	 * status 1", or NULL.
	 */
	void (*ended)(void *owner, const char *how);
	void *owner;
};

struct child {
	const char *name;
	struct loop *loop;
	void (*ended)(void *owner, const char *how);
	void *owner;
	pid_t pid; /* of its keeper; 0: none */
	int pid_fd;
	int output_fd;
	int keeper_fd;
	struct loop_source end_source;
	struct loop_source output_source;
	struct log_limit limit;
	char line[512]; /* a line whose newline has not come yet */
	size_t line_len;
	char said[512]; /* the lines before child_works(), joined */
	bool works;     /* child_works() was called: lines go to the log at once */
};

/*
 * Looks for a program: each of @names is a path, or a name to be found in PATH. Writes the path of
 * the first that can be run to @path, with links resolved, and returns 0, or -ENOENT if there is
 * none. Root runs only programs that nobody else can change (base/trust.h).
 */
int child_find(const char *const *names, char *path, size_t size);

int child_start(struct child *child, const struct child_config *config, struct err *err);

/* Call this once the child is serving: from now on what it prints goes straight to the user. */
void child_works(struct child *child);

/*
 * Explains a failure of the child that @err reports: adds how the child ended, and puts what it
 * printed into the help. Waits up to a second for it to end. Returns -err->code.
 */
int child_explain(struct child *child, struct err *err);

/*
 * Has SIGKILL sent, soon, and does not wait: ->ended() reports the end as any other. Any thread.
 */
void child_kill(struct child *child);

/*
 * Ends the child with SIGTERM, and with SIGKILL after @patience ms, or as soon as a signal that
 * asks this process to end is pending, which is the second then. May be called on a zeroed struct
 * and after the child has ended.
 */
void child_stop(struct child *child, int patience);

/*
 * Makes a listening socket for a child, *@listener, and @nr sockets that are already connected to
 * it, @connections. The listening socket's name is removed before this returns, so nobody else can
 * connect.
 */
int child_listener(int *listener, int *connections, unsigned nr, struct err *err);

#endif
