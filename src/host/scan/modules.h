/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads from the kernel modules' aliases which devices they drive, and which configuration
 * directories the distribution has. The result is kept in @host's memory.
 */
#ifndef HOST_SCAN_MODULES_H
#define HOST_SCAN_MODULES_H

#include "host/facts/modules.h"
#include "kernel/sysroot.h"

/* Returns 0 or -ENOMEM. */
int scan_modules(struct modules *modules, struct host *host, const struct sysroot *sysroot);

#endif
