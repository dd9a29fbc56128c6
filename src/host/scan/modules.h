/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what the kernel's modules say that they drive, and which directories of the distribution
 * there are. What is found is kept in @host's memory.
 */
#ifndef HOST_SCAN_MODULES_H
#define HOST_SCAN_MODULES_H

#include "host/facts/modules.h"
#include "kernel/sysroot.h"

/* Returns 0 or -ENOMEM. */
int scan_modules(struct modules *modules, struct host *host, const struct sysroot *sysroot);

#endif
