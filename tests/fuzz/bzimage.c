// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel image, loaded twice into a small machine. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "fuzz.h"
#include "vm/boot/bzimage.h"
#include "vm/mem/ram.h"

#define RAM_SIZE    (48 * MIB)
#define INITRD_SIZE 0x1234

static int make_file(const u8 *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	CLAIM(fd >= 0 && !ftruncate(fd, size));
	CLAIM(pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

/* Only what the map calls RAM is used, and kernel and RAM disk keep apart. */
static void check(struct mem *mem, const struct e820 *map, const struct vcpu_entry *entry)
{
	const u8 *zero_page = mem_ptr(mem, entry->rsi, 4096);
	u64 kernel = entry->rip - 0x200;
	u64 initrd = get_le32(zero_page + 0x218);
	u64 span = get_le32(zero_page + 0x260);

	CLAIM(e820_is(map, kernel, span ? span : 1, E820_RAM) && kernel >= MIB);
	CLAIM(e820_is(map, initrd, INITRD_SIZE, E820_RAM));
	CLAIM(initrd >= kernel + span);
	CLAIM(initrd + INITRD_SIZE - 1 <= get_le32(zero_page + 0x22c));
	CLAIM(zero_page[0x1e8] == map->nr && zero_page[0x1ef] == 0);
}

static void load(struct bzimage *image)
{
	const struct e820_layout layout = { .low_ram = RAM_SIZE,
		.acpi_tables = { RAM_SIZE - 0x10000, 0x10000 } };
	struct vcpu_entry entry;
	struct err err = { 0 };
	struct e820 map;
	struct mem mem;
	struct ram ram;

	CLAIM(!e820_build(&map, &layout) && !mem_open(&mem, NULL, &err));
	CLAIM(!ram_open(&ram, &mem, RAM_SIZE, &err));
	for (unsigned i = 0; i < 2; i++)
		if (!bzimage_load(image, &mem, &map, 0xf0000, &entry, &err))
			check(&mem, &map, &entry);
		else
			CLAIM(err.code && *err.text);
	ram_close(&ram);
	mem_close(&mem);
}

/* What the user names instead of a file. */
static const char *const no_files[] = { "/", "/dev/null", "/nonexistent/initrd" };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u8 ramdisk[INITRD_SIZE];
	char kernel_path[64], initrd_path[64];
	own_fd int kernel = make_file(data, size);
	own_fd int initrd = make_file(ramdisk, sizeof(ramdisk));
	char cmdline[3000] = "console=ttyS0";
	struct bzimage image;
	struct err err = { 0 };

	/* Where the size of the kernel's file leaves bits free. */
	if (size % 16 == 7)
		memset(cmdline, 'x', sizeof(cmdline) - 1);
	snprintf(kernel_path, sizeof(kernel_path), "/proc/self/fd/%d", kernel);
	snprintf(initrd_path, sizeof(initrd_path), "/proc/self/fd/%d", initrd);
	if (size % 16 && size % 16 <= ARRAY_SIZE(no_files))
		strcpy(initrd_path, no_files[size % 16 - 1]);
	if (bzimage_open(&image, kernel_path, initrd_path, cmdline, &err)) {
		CLAIM(err.code && *err.text);
		return 0;
	}
	load(&image);
	bzimage_close(&image);
	return 0;
}
