/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few operations by which src/host/act changes a host, in one table, so that tests can replace
 * them to simulate the kernel or to stop at the n-th change. Reading uses the sysroot directly.
 *
 * A separate child makes each change, with a deadline, because a driver that is told to release a
 * device can block the writer in the kernel for ever, and no signal ends that.
 */
#ifndef HOST_ACT_EFFECTS_H
#define HOST_ACT_EFFECTS_H

#include <sys/types.h>

#include "base/err.h"
#include "kernel/sysroot.h"

struct effects;

struct effects_ops {
	/* Writes @text to an attribute. -ETIMEDOUT: process @stuck still hangs in the write. */
	int (*write)(struct effects *fx, const char *file, const char *text, struct err *err);
	/* Writes @size bytes of config space, 2 or 4, at @pos. */
	int (*poke)(struct effects *fx, const char *file, unsigned pos, u32 value, unsigned size,
		struct err *err);
	/* Loads a module and those that it depends on. */
	int (*module)(struct effects *fx, const char *name, struct err *err);
	/* Unloads a module; -EAGAIN: it is in use. */
	int (*unload)(struct effects *fx, const char *name, struct err *err);
	/* Has systemd start or stop a unit, and waits until that is done. */
	int (*unit)(struct effects *fx, const char *name, bool start, struct err *err);
	/* Asks VFIO whether a group is viable. @file: "/dev/vfio/12". */
	int (*check)(struct effects *fx, const char *file, struct err *err);
	/*
	 * Has VFIO reset the link above a device. @groups: the numbers of the groups of all devices
	 * on it, "12 13", none of which may be in use.
	 */
	int (*reset_slot)(
		struct effects *fx, const char *device, const char *groups, struct err *err);
	/* Creates a file atomically and syncs it to disk. Returns -EEXIST if it exists. */
	int (*create)(struct effects *fx, const char *file, const char *text, struct err *err);
	/* Gives a file to a user. */
	int (*own)(struct effects *fx, const char *file, uid_t uid, struct err *err);
	/* Deletes a file, and what an interrupted create() left of it. */
	int (*remove)(struct effects *fx, const char *file, struct err *err);
};

struct effects {
	const struct effects_ops *ops;
	const struct sysroot *sysroot;
	unsigned seconds; /* how long a change may take */
	pid_t stuck;      /* after -ETIMEDOUT: the child that hangs in the kernel */
};

/* The operations that really change the host. */
extern const struct effects_ops effects_of_kernel;

#endif
