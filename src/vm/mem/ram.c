// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/mem/ram.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "kernel/tree.h"

/*
 * A mapping of @size bytes that starts on a border of @align, so that the kernel can back it
 * with pages of that size.
 */
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

/* The kernel shows the choice in brackets: "always within_size advise [never] deny force". */
static bool files_get_huge_pages(void)
{
	static const char path[] = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
	struct tree host;
	char text[128];
	struct err err;

	if (tree_open(&host, "", &err))
		return false;
	tree_text(&host, path, text, sizeof(text));
	tree_close(&host);
	return *text && !strstr(text, "[never]") && !strstr(text, "[deny]");
}

static int open_file(struct ram *ram, struct err *err)
{
	ram->fd = memfd_create("tenon-ram", MFD_CLOEXEC);
	if (ram->fd < 0)
		return err_sys(err, errno, "cannot make guest memory");
	if (ftruncate(ram->fd, (off_t)ram->size)) {
		int code = errno;

		close_fd(&ram->fd);
		return err_sys(err, code, "cannot make %llu MiB of guest memory", ram->size / MIB);
	}
	return 0;
}

static int add_part(struct ram *ram, unsigned i, u64 gpa, u64 end, u64 offset, struct err *err)
{
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
	};
	return mem_add(ram->mem, part, err);
}

static int open_ram(struct ram *ram, struct mem *mem, u64 size, bool file, struct err *err)
{
	u64 low;
	int ret;

	*ram = (struct ram){ .mem = mem, .fd = -1, .size = size };
	if (size < RAM_MIN || size % RAM_SIZE_ALIGNMENT)
		return err_set(err, EINVAL, "guest memory must be a multiple of %llu MiB",
			RAM_SIZE_ALIGNMENT / MIB);

	ret = file ? open_file(ram, err) : 0;
	if (ret)
		return ret;
	ram->host = map_aligned(ram->fd, size, size >= GIB ? GIB : 2 * MIB);
	if (ram->host == MAP_FAILED) {
		ram->host = NULL;
		ret = err_sys(err, errno, "cannot map %llu MiB of guest memory", size / MIB);
		goto fail;
	}
	/* Only a wish: without transparent huge pages the guest merely runs slower. */
	madvise(ram->host, size, MADV_HUGEPAGE);
	madvise(ram->host, size, MADV_DONTFORK);
	madvise(ram->host, size, MADV_DONTDUMP);

	low = ram_low_end(ram);
	ret = add_part(ram, 0, 0, RAM_LEGACY_END, 0, err);
	if (!ret)
		ret = add_part(ram, 1, RAM_ABOVE_LEGACY, low, RAM_ABOVE_LEGACY, err);
	if (!ret)
		ret = add_part(ram, 2, RAM_HIGH_START, ram_high_end(ram), low, err);
	if (ret)
		goto fail;
	return 0;

fail:
	ram_close(ram);
	return ret;
}

int ram_open(struct ram *ram, struct mem *mem, u64 size, struct err *err)
{
	return open_ram(ram, mem, size, files_get_huge_pages(), err);
}

int ram_open_shared(struct ram *ram, struct mem *mem, u64 size, struct err *err)
{
	return open_ram(ram, mem, size, true, err);
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
