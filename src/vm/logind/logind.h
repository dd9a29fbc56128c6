/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's sleep, as systemd-logind announces it on the system's D-Bus
 * (org.freedesktop.login1.Manager; systemd's page "Inhibitor Locks").
 *
 * While a lock is held, the host does not sleep: with LOGIND_BLOCK nobody but root can make it,
 * with LOGIND_DELAY it waits until the lock is let go, or a few seconds (InhibitDelayMaxSec of
 * logind.conf). A lock is a file, which also goes when this process ends.
 *
 * What comes from the bus is bounded by sd-bus, in time (2 s for an answer at the start) and in
 * size. A bus that breaks off is told once; from then on nothing is known of the host's sleep.
 *
 * One thread, the loop's. The caller owns the struct.
 */
#ifndef VM_LOGIND_LOGIND_H
#define VM_LOGIND_LOGIND_H

#include "base/loop.h"
#include "vm/logind/logind_library.h"

#define LOGIND_BUS "unix:path=/run/dbus/system_bus_socket"

enum logind_lock { LOGIND_BLOCK, LOGIND_DELAY };

struct logind_ops {
	/* The host is about to sleep; not with LOGIND_BLOCK, but if root makes it. */
	void (*sleeping)(void *owner);
	/* The host is awake again. The lock is taken anew, if logind_let_sleep() has let it go. */
	void (*awake)(void *owner);
};

struct logind {
	struct logind_library library;
	struct loop *loop;
	const struct logind_ops *ops;
	void *owner;
	enum logind_lock kind;
	char why[160]; /* as `systemd-inhibit --list` shows it */
	sd_bus *bus;
	bool direct; /* no bus is between */
	struct loop_source source;
	struct loop_work rest; /* messages that have been read and not handled */
	int lock;              /* -1: none */
};

/*
 * Takes a lock in the name of machine @name (or NULL). Returns -ENOENT if the host has no such bus
 * or the library is missing, or another -errno.
 */
int logind_open(struct logind *logind, enum logind_lock kind, const char *name, struct loop *loop,
	const struct logind_ops *ops, void *owner, struct err *err);
/* The same over a connection to somebody who plays logind, without a bus between. Takes @fd. */
int logind_open_fd(struct logind *logind, int fd, enum logind_lock kind, const char *name,
	struct loop *loop, const struct logind_ops *ops, void *owner, struct err *err);
/* Lets go of the lock. */
void logind_let_sleep(struct logind *logind);
/* Safe on a zeroed struct. */
void logind_close(struct logind *logind);

#endif
