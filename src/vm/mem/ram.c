// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/mem/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "kernel/hugepages.h"
#include "kernel/memory_file.h"
#include "kernel/sysroot.h"

#define BITS_PER_LONG (8 * sizeof(long))
/* The largest number that kernels are built for. */
#define MAX_NODES 1024

/* Maps @size bytes at a multiple of @align, so that the kernel can use pages of that size. */
static void *map_aligned(int fd, u64 size, u64 align)
{
	char *area = mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *start, *end;

	if (area == MAP_FAILED)
		return MAP_FAILED;
	start = (char *)round_up((uintptr_t)area, align);
	end = start + size;
	if (start > area)
		munmap(area, start - area);
	if (end < area + size + align)
		munmap(end, area + size + align - end);
	return mmap(start, size, PROT_READ | PROT_WRITE,
		MAP_FIXED | MAP_NORESERVE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED), fd,
		0);
}

/* The kernel shows its choice in brackets: "always within_size advise [never] deny force". */
static bool files_get_huge_pages(void)
{
	static const char path[] = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
	struct sysroot host;
	char text[128];
	struct err err;

	if (sysroot_open(&host, "", &err))
		return false;
	sysroot_text(&host, path, text, sizeof(text));
	sysroot_close(&host);
	return *text && !strstr(text, "[never]") && !strstr(text, "[deny]");
}

static int open_file(struct ram *ram, const struct ram_config *config, struct err *err)
{
	if (config->page) {
		ram->fd = fcntl(config->file, F_DUPFD_CLOEXEC, 0);
		return ram->fd < 0 ? err_sys(err, errno, "cannot take guest memory") : 0;
	}
	if (!config->shared && !files_get_huge_pages())
		return 0;
	ram->fd = memfd_create("tenon-ram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ram->fd < 0)
		return err_sys(err, errno, "cannot make guest memory");
	if (ftruncate(ram->fd, (off_t)ram->size)) {
		int code = errno;

		close_fd(&ram->fd);
		return err_sys(err, code, "cannot make %llu MiB of guest memory", ram->size / MIB);
	}
	return memory_file_seal(ram->fd) ? err_sys(err, errno, "cannot seal guest memory") : 0;
}

/* Only a preference: a full node, or a kernel without NUMA, allocates memory elsewhere. */
static void prefer_node(const struct ram *ram, int node)
{
	unsigned long nodes[MAX_NODES / BITS_PER_LONG] = { 0 };

	if (node < 0 || node >= MAX_NODES)
		return;
	nodes[node / BITS_PER_LONG] = 1ul << node % BITS_PER_LONG;
	if (syscall(SYS_mbind, ram->host, ram->size, MPOL_PREFERRED, nodes, MAX_NODES, 0))
		log_debug("guest memory is not tied to NUMA node %d: %s", node, strerror(errno));
}

static int add_part(struct ram *ram, unsigned i, u64 gpa, u64 end, u64 page, struct err *err)
{
	u64 offset = gpa < RAM_HIGH_START ? gpa : gpa - RAM_HIGH_START + ram_low_end(ram);
	struct mem_region *part = &ram->parts[i];

	if (end <= gpa)
		return 0;
	*part = (struct mem_region){
		.name = "RAM",
		.range = { gpa, end - gpa },
		.rank = FLAT_RANK_PLATFORM,
		.kind = MEM_RAM,
		.host = (char *)ram->host + offset,
		.fd = ram->fd,
		.fd_offset = offset,
		.page = page,
	};
	return mem_add(ram->mem, part, err);
}

/*
 * What the chipset remaps or hides is a part of its own, because the others are not touched then:
 * they may be large, and mapped for DMA.
 */
static int add_parts(struct ram *ram, const struct ram_config *config, struct err *err)
{
	u64 low_end = ram_low_end(ram), page = config->page;
	u64 tseg = config->smm && low_end >= RAM_LEGACY_TOP + RAM_TSEG_MAX ? RAM_TSEG_MAX : 0;
	int ret = add_part(ram, 0, 0, RAM_LEGACY_END, page, err);

	if (!ret)
		ret = add_part(ram, 1, RAM_ABOVE_LEGACY, RAM_LEGACY_TOP, page, err);
	if (!ret)
		ret = add_part(ram, 2, RAM_LEGACY_TOP, low_end - tseg, page, err);
	if (!ret)
		ret = add_part(ram, 3, low_end - tseg, low_end, page, err);
	if (!ret)
		ret = add_part(ram, 4, RAM_HIGH_START, ram_high_end(ram), page, err);
	return ret;
}

int ram_size_check(u64 size, struct err *err)
{
	if (size >= RAM_MIN && size <= RAM_MAX && size % RAM_SIZE_ALIGNMENT == 0)
		return 0;
	return err_set(err, EINVAL, "guest memory is a multiple of %llu MiB, and at most %llu GiB",
		RAM_SIZE_ALIGNMENT / MIB, RAM_MAX / GIB);
}

int ram_open_as(struct ram *ram, struct mem *mem, u64 size, const struct ram_config *config,
	struct err *err)
{
	int ret = ram_size_check(size, err);

	*ram = (struct ram){ .mem = mem, .fd = -1, .size = size };
	if (!ret)
		ret = open_file(ram, config, err);
	if (ret)
		return ret;
	ram->host = map_aligned(ram->fd, size, size >= GIB ? GIB : 2 * MIB);
	if (ram->host == MAP_FAILED) {
		ram->host = NULL;
		ret = err_sys(err, errno, "cannot map %llu MiB of guest memory", size / MIB);
		goto fail;
	}
	/* Only a preference: without transparent huge pages the guest is slower. */
	if (!config->page)
		madvise(ram->host, size, MADV_HUGEPAGE);
	madvise(ram->host, size, MADV_DONTFORK);
	madvise(ram->host, size, MADV_DONTDUMP);
	prefer_node(ram, config->node);

	ret = add_parts(ram, config, err);
	if (!ret)
		return 0;

fail:
	ram_close(ram);
	return ret;
}

int ram_open(struct ram *ram, struct mem *mem, u64 size, struct err *err)
{
	return ram_open_as(ram, mem, size, &RAM_CONFIG_DEFAULT, err);
}

int ram_open_shared(struct ram *ram, struct mem *mem, u64 size, struct err *err)
{
	struct ram_config config = RAM_CONFIG_DEFAULT;

	config.shared = true;
	return ram_open_as(ram, mem, size, &config, err);
}

void ram_close(struct ram *ram)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ram->parts); i++)
		if (ram->parts[i].range.size)
			mem_remove(ram->mem, &ram->parts[i]);
	if (ram->host)
		munmap(ram->host, ram->size);
	ram->host = NULL;
	close_fd(&ram->fd);
}
