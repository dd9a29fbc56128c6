/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confines a helper program before it runs: it is another user, in namespaces of its own, may open
 * only the given files, keeps only the named capabilities, may make none of the system calls that
 * no helper needs, and gets no network unless it is given the host's. What the host's kernel does
 * not support is left out, but for the user and the supervisor.
 */
#ifndef KERNEL_CONFINE_H
#define KERNEL_CONFINE_H

#include <sys/types.h>

#include "kernel/landlock.h"
#include "kernel/supervisor.h"
#include "kernel/syscall_filter.h"

#define CONFINE_NOBODY 65534 /* the user and the group without files, on all distributions */

/* How far a helper is confined; the others than CONFINE_ON are for debugging. */
enum confine_mode {
	CONFINE_ON,
	CONFINE_LOG, /* its own list of system calls refuses none; the kernel logs them */
	CONFINE_OFF, /* it has this process's rights */
};

struct confine {
	int ruleset; /* -1: none */
	struct syscall_filter filter;
	/* The caller sets these after confine_open(): */
	u64 keep;         /* bit map of the capabilities that it keeps if root starts it */
	bool has_network; /* it uses the host's network */
	bool has_ipc;     /* it uses the host's System V IPC */
	bool is_other;    /* if root starts it: it is this user */
	uid_t uid;
	gid_t gid;
	/*
	 * It has a mount namespace of its own, and a user namespace in which no user has a number.
	 * So no right that it may get by a fault of the kernel's is one on the host.
	 */
	bool isolated;
	bool own_mounts; /* it has the mount namespace alone; @isolated has it, too */
	/* Gives it its files, see kernel/supervisor.h; else NULL. */
	const struct supervisor *supervisor;
};

/* Called in the parent, before fork(). @rules come on top of those for programs and libraries. */
int confine_open(
	struct confine *confine, const struct landlock_rule *rules, unsigned nr, struct err *err);
void confine_close(struct confine *confine);

/*
 * What a process or a thread that confines itself does last, with everything open: it gets no new
 * privileges, opens no file but those of @ruleset (-1: there is none), keeps no capabilities but
 * @keep, and makes the system calls of @filter. Returns 0 or -errno. Async-signal-safe.
 */
int confine_self(int ruleset, u64 keep, const struct syscall_filter *filter);

/*
 * Root becomes this user, without groups. For a process without other threads, which the C
 * library's functions would look for and a child lacks. Returns 0 or -errno. Async-signal-safe.
 */
int confine_become(uid_t uid, gid_t gid);

/* Called in the child as struct child_config.prepare, with a struct confine. Async-signal-safe. */
int confine_enter(const void *confine);

#endif
