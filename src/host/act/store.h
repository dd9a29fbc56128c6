/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of journals and the lock on it. A struct store is its opener's and ends with
 * store_close().
 *
 * The lock is on an open file that children share: where tenon is killed in the middle of a
 * change, the lock holds until the kernel is done with it. store_close() gives it up at once.
 */
#ifndef HOST_ACT_STORE_H
#define HOST_ACT_STORE_H

#include "base/err.h"
#include "host/act/journal.h"
#include "kernel/sysroot.h"

#define STORE_DIRECTORY "/var/lib/tenon"

struct store {
	int directory; /* of the journals */
	int lock;      /* -1 in one that only reads */
};

/*
 * Opens the store below @sysroot. @write: makes the directories where they are missing and takes
 * the lock, waiting @seconds for another process. Without @write, -ENOENT where there is none.
 */
int store_open(struct store *store, const struct sysroot *sysroot, bool write, unsigned seconds,
	struct err *err);
void store_close(struct store *store);

/* The names of the journals, as sysroot_names(). Returns their number or -errno. */
int store_names(const struct store *store, char ***names, struct err *err);

/*
 * Loads the journal of the bind that has @device among its devices, to go on with it where the
 * store is locked. -ENOENT where there is none, and @err is not set then. Close the journal either
 * way.
 */
int store_find(
	const struct store *store, const char *device, struct journal *journal, struct err *err);

#endif
