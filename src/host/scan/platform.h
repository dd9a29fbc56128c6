/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads how a host is set up. @host was scanned from the same @sysroot; what is found is kept in
 * its memory. Files that cannot be read leave their facts unknown.
 */
#ifndef HOST_SCAN_PLATFORM_H
#define HOST_SCAN_PLATFORM_H

#include "host/facts/platform.h"
#include "kernel/sysroot.h"

/* Returns 0 or -ENOMEM. */
int scan_platform(struct platform *platform, struct host *host, const struct sysroot *sysroot);

#endif
