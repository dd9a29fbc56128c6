/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock (Linux 5.13, Documentation/userspace-api/landlock.rst): which files a thread, and what
 * it starts from then on, may open. Files that are open stay so. A rule names what is allowed below
 * a path; nothing else of the file system is.
 */
#ifndef KERNEL_LANDLOCK_H
#define KERNEL_LANDLOCK_H

#include "base/types.h"

enum landlock_access {
	LANDLOCK_READ = BIT(0),    /* files and directories */
	LANDLOCK_WRITE = BIT(1),   /* files that exist */
	LANDLOCK_EXECUTE = BIT(2), /* programs and libraries */
	LANDLOCK_REMOVE = BIT(3),  /* files of a directory */
};

struct landlock_rule {
	const char *path;
	unsigned access; /* bits of enum landlock_access */
};

/* What the kernel has; 0: none. */
int landlock_abi(void);

/*
 * A set of rules, to be enforced later. A path that does not exist is left out. Returns a
 * descriptor, or -errno: -ENOSYS, -EOPNOTSUPP where the kernel has no Landlock.
 */
int landlock_open(const struct landlock_rule *rules, unsigned nr);

/* On the calling thread, which has no_new_privs. Async-signal-safe. */
int landlock_enforce(int ruleset);

#endif
