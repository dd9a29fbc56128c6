/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory of the host's pool of huge pages, made before the machine is.
 *
 * Where the pool has too few, it is made larger for the moment in which the pages are set aside:
 * then the kernel keeps them for their file, and takes them back by itself when that goes, also
 * with a process that is killed. For that moment the store is locked, and its journal knows the
 * way back.
 */
#ifndef CMD_RUN_POOL_H
#define CMD_RUN_POOL_H

#include "cmd/run/options.h"

/*
 * Opens request->config.ram.file as --hugepages asks for, if it is to be one, and finds out which
 * NUMA node the devices are at. The caller closes the file.
 */
int run_pool_take(struct run_request *request, struct err *err);

#endif
