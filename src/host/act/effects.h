/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few ways in which src/host/act changes a host, behind one table: tests stand between, to
 * play the kernel or to stop at the n-th change. Reading goes through the tree directly.
 *
 * Each change is made by a child of its own with a deadline, because a driver that is told to
 * let go of a device can keep the writer in the kernel for ever, and no signal ends that.
 */
#ifndef HOST_ACT_EFFECTS_H
#define HOST_ACT_EFFECTS_H

#include <sys/types.h>

#include "base/err.h"
#include "kernel/sysroot.h"

struct effects;

struct effects_ops {
	/* Writes @text to an attribute. -ETIMEDOUT: it still hangs there, in process @stuck. */
	int (*write)(struct effects *fx, const char *file, const char *text, struct err *err);
	/* Writes @size bytes of config space, 2 or 4, at @pos. */
	int (*poke)(struct effects *fx, const char *file, unsigned pos, u32 value, unsigned size,
		struct err *err);
	/* Loads a module with what it depends on. */
	int (*module)(struct effects *fx, const char *name, struct err *err);
	/* Asks VFIO whether it finds a group whole. @file: "/dev/vfio/12". */
	int (*check)(struct effects *fx, const char *file, struct err *err);
	/*
	 * Resets the link above a device by VFIO. @groups: the numbers of the groups of all
	 * that is on it, "12 13", none of which may be in use.
	 */
	int (*reset_slot)(
		struct effects *fx, const char *device, const char *groups, struct err *err);
	/* Makes a file, on disk and whole or not at all. -EEXIST where there is one. */
	int (*create)(struct effects *fx, const char *file, const char *text, struct err *err);
	/* Deletes a file, and what a create() that was cut off left of it. */
	int (*remove)(struct effects *fx, const char *file, struct err *err);
};

struct effects {
	const struct effects_ops *ops;
	const struct sysroot *sysroot;
	unsigned seconds; /* how long a change may take */
	pid_t stuck;      /* after -ETIMEDOUT: the child that the kernel does not let go */
};

/* The real ones. */
extern const struct effects_ops effects_of_kernel;

#endif
