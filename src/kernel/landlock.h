/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock (Linux 5.13, Documentation/userspace-api/landlock.rst): restricts which files a thread,
 * and the threads and programs that it starts afterwards, may open. Files that are already open
 * stay open. A rule names what is allowed below a path; everything else in the file system is
 * refused.
 */
#ifndef KERNEL_LANDLOCK_H
#define KERNEL_LANDLOCK_H

#include "base/types.h"

enum landlock_access {
	LANDLOCK_READ = BIT(0),    /* files and directories */
	LANDLOCK_WRITE = BIT(1),   /* files that exist */
	LANDLOCK_EXECUTE = BIT(2), /* programs and libraries */
	LANDLOCK_REMOVE = BIT(3),  /* files of a directory */
	LANDLOCK_CREATE = BIT(4),  /* regular files in a directory */
};

struct landlock_rule {
	const char *path;
	unsigned access; /* bits of enum landlock_access */
};

/* The kernel's Landlock ABI version; 0 if it has none. */
int landlock_abi(void);

/*
 * Makes a set of rules, to be enforced later. A path that does not exist is left out. Returns a
 * descriptor, or -errno: -ENOSYS or -EOPNOTSUPP if the kernel has no Landlock.
 */
int landlock_open(const struct landlock_rule *rules, unsigned nr);

/* Enforces the rules on the calling thread, which must have no_new_privs set. Async-signal-safe. */
int landlock_enforce(int ruleset);

#endif
