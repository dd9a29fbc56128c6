// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/hugepages.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/memory_file.h"

static int read_count(
	const struct sysroot *sysroot, const char *directory, const char *name, u64 *count)
{
	char path[192], text[32], *end;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	n = sysroot_text(sysroot, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	*count = strtoull(text, &end, 10);
	return end == text || *end ? -EPROTO : 0;
}

int hugepages_read(const struct sysroot *sysroot, u64 page, int node, struct hugepages *pool)
{
	u64 all, surplus, promised = 0;
	char directory[96];
	int ret;

	if (node < 0)
		snprintf(directory, sizeof(directory), "/sys/kernel/mm/hugepages/hugepages-%llukB",
			(unsigned long long)(page / KIB));
	else
		snprintf(directory, sizeof(directory),
			"/sys/devices/system/node/node%d/hugepages/hugepages-%llukB", node,
			(unsigned long long)(page / KIB));
	snprintf(pool->file, sizeof(pool->file), "%s/nr_hugepages", directory);
	ret = read_count(sysroot, directory, "nr_hugepages", &all);
	if (!ret)
		ret = read_count(sysroot, directory, "surplus_hugepages", &surplus);
	if (!ret)
		ret = read_count(sysroot, directory, "free_hugepages", &pool->free);
	/* The kernel counts reserved pages for the whole pool only, not per node. */
	if (!ret && node < 0)
		ret = read_count(sysroot, directory, "resv_hugepages", &promised);
	if (ret)
		return ret;
	pool->keeps = all > surplus ? all - surplus : 0;
	pool->free = pool->free > promised ? pool->free - promised : 0;
	return 0;
}

int hugepages_file(u64 size, u64 page)
{
	unsigned shift = (unsigned)__builtin_ctzll(page);
	own_fd int fd = memfd_create("tenon-ram",
		MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | shift << MFD_HUGE_SHIFT);
	void *p;

	if (fd < 0 || ftruncate(fd, (off_t)size) || memory_file_seal(fd))
		return -errno;
	/* Mapping the file reserves its pages, which stay reserved after munmap(). */
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	munmap(p, size);
	return take_fd(&fd);
}
