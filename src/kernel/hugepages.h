/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the host's pool of huge pages (hugetlb). */
#ifndef KERNEL_HUGEPAGES_H
#define KERNEL_HUGEPAGES_H

#include "base/types.h"
#include "kernel/sysroot.h"

/* The state of the pool of one page size, in pages; of one NUMA node, or of all (-1). */
struct hugepages {
	u64 free;       /* neither in use nor promised to anyone; of a node: not in use */
	u64 keeps;      /* those that the pool has whether they are used or not */
	char file[128]; /* their number is set here */
};

/* @page: bytes of a page. -ENOENT where the kernel has no such pages, or no such node. */
int hugepages_read(const struct sysroot *sysroot, u64 page, int node, struct hugepages *pool);

/*
 * A file of @size bytes, a multiple of @page, for which the pool has set pages aside: they are
 * the file's until it is closed, and no access to it fails for want of one. Returns a descriptor;
 * -ENOMEM where the pool has too few.
 */
int hugepages_file(u64 size, u64 page);

/*
 * Nobody who is given the memory in @fd (memfd_create(MFD_ALLOW_SEALING)) can change its size,
 * which would end whoever touches what is no longer there. 0, or -errno.
 */
int memory_file_seal(int fd);

#endif
