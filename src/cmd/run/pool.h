/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory from the host's pool of huge pages, which is allocated before the machine exists.
 *
 * If the pool has too few free pages, it is enlarged only while the pages are reserved. After that
 * the kernel keeps them for their file, and frees them when the file is closed, even if the process
 * is killed. While the pool is enlarged, the store is locked, and its journal records how to undo
 * the change.
 */
#ifndef CMD_RUN_POOL_H
#define CMD_RUN_POOL_H

#include "cmd/run/options.h"

/* Pure. Checks that the memory is a multiple of the page size that --hugepages names. */
int run_pool_check(const struct run_request *request, struct err *err);

/*
 * Opens request->config.ram.file as --hugepages asks, if guest memory is to have a file, and finds
 * the NUMA node of the devices. The caller closes the file.
 */
int run_pool_take(struct run_request *request, struct err *err);

#endif
