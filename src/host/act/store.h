/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of journals and the lock on it. The caller owns a struct store and closes it with
 * store_close().
 *
 * The lock is on an open file that children share, so if tenon is killed in the middle of a change,
 * the lock is held until the kernel has finished that. store_close() releases it at once.
 */
#ifndef HOST_ACT_STORE_H
#define HOST_ACT_STORE_H

#include "base/err.h"
#include "host/act/journal.h"
#include "kernel/sysroot.h"

#define STORE_DIRECTORY "/var/lib/tenon"

struct store {
	int directory; /* of the journals */
	int lock;      /* -1 if opened for reading */
};

/*
 * Opens the store below @sysroot. @write: creates missing directories and takes the lock, for which
 * it waits at most @seconds. Without @write, returns -ENOENT if there is no store.
 */
int store_open(struct store *store, const struct sysroot *sysroot, bool write, unsigned seconds,
	struct err *err);
void store_close(struct store *store);

/* Lets other processes change the host for a while. store_relock() waits as store_open() does. */
void store_unlock(const struct store *store);
int store_relock(const struct store *store, unsigned seconds, struct err *err);

/* The names of the journals, as sysroot_names(). Returns their number or -errno. */
int store_names(const struct store *store, char ***names, struct err *err);

/*
 * Loads the journal of the bind that includes @device, or of the loan to a machine, for appending
 * if the store is locked.
 * Returns -ENOENT, with @err not set, if there is none. Close the journal in either case.
 */
int store_find(
	const struct store *store, const char *device, struct journal *journal, struct err *err);

#endif
