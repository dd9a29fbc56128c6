/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what the platform provides for device assignment. @host was scanned from the same @sysroot;
 * the result is kept in its memory. Facts whose files cannot be read stay unknown.
 */
#ifndef HOST_SCAN_PLATFORM_H
#define HOST_SCAN_PLATFORM_H

#include "host/facts/platform.h"
#include "kernel/sysroot.h"

/* Returns 0 or -ENOMEM. */
int scan_platform(struct platform *platform, struct host *host, const struct sysroot *sysroot);

#endif
