/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the host's pool of huge pages (hugetlb). */
#ifndef KERNEL_HUGEPAGES_H
#define KERNEL_HUGEPAGES_H

#include "base/types.h"
#include "kernel/sysroot.h"

/* The state of the pool of one page size, counted in pages, on one NUMA node or on all (-1). */
struct hugepages {
	u64 free;       /* neither in use nor reserved; for one node: not in use */
	u64 keeps;      /* the persistent ones, used or not */
	char file[128]; /* the nr_hugepages file that sets their number */
};

/*
 * @page: the page size in bytes. Returns -ENOENT if the kernel has no such page size or no such
 * node.
 */
int hugepages_read(const struct sysroot *sysroot, u64 page, int node, struct hugepages *pool);

/*
 * Creates a file of @size bytes, a multiple of @page, with its pages reserved in the pool until it
 * is closed, so no access to it fails for lack of a page. Returns a descriptor, or -errno: -ENOMEM
 * if the pool has too few pages.
 */
int hugepages_file(u64 size, u64 page);

#endif
