/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds what uses a host's devices. @host was scanned from the same @sysroot; what is found is kept
 * in its memory. What the caller may not read is missing, and
 * uses->..._known says so.
 */
#ifndef HOST_SCAN_USES_H
#define HOST_SCAN_USES_H

#include "host/facts/uses.h"
#include "kernel/sysroot.h"

/* Returns 0 or -ENOMEM. */
int scan_uses(struct uses *uses, struct host *host, const struct sysroot *sysroot);

/* Only the processes that hold VFIO's files: who has a device as a guest. 0 or -ENOMEM. */
int scan_guests(struct uses *uses, struct host *host, const struct sysroot *sysroot);

#endif
