/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds what uses a host's devices. @host was scanned from the same @sysroot; the result is kept in
 * its memory. What the caller may not read is missing, and the flags uses->*_known say so.
 */
#ifndef HOST_SCAN_USES_H
#define HOST_SCAN_USES_H

#include "host/facts/uses.h"
#include "kernel/sysroot.h"

/* Returns 0 or -ENOMEM. */
int scan_uses(struct uses *uses, struct host *host, const struct sysroot *sysroot);

/*
 * Finds only the processes that have VFIO's files open: which guest has which device. Returns 0 or
 * -ENOMEM.
 */
int scan_guests(struct uses *uses, struct host *host, const struct sysroot *sysroot);

/*
 * Finds only the processes that have devices' files open. May be called again, to see what has
 * changed. Returns 0 or -ENOMEM.
 */
int scan_processes(struct uses *uses, struct host *host, const struct sysroot *sysroot);

#endif
