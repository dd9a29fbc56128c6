// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/bzimage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "vm/boot/bzimage_header.h"

#define LOADER_UNNAMED 0xff
#define PAGE           0x1000

static unsigned long long mib(u64 bytes)
{
	return (bytes + MIB - 1) / MIB;
}

static int check_cmdline(
	const struct bzimage *image, const struct bzimage_header *kernel, struct err *err)
{
	u64 max = kernel->fields.cmdline_size;

	if (!max || max > BOOT_CMDLINE_SIZE - 1)
		max = BOOT_CMDLINE_SIZE - 1;
	if (strlen(image->cmdline) <= max)
		return 0;
	return err_set(err, E2BIG,
		"the kernel command line has %zu characters; kernel %s takes %llu at most",
		strlen(image->cmdline), image->kernel.path, (unsigned long long)max);
}

int bzimage_open(struct bzimage *image, const char *kernel, const char *initrd, const char *cmdline,
	struct err *err)
{
	struct bzimage_header parsed;
	int ret;

	*image = (struct bzimage){ .kernel = { .fd = -1 }, .initrd = { .fd = -1 } };
	image->cmdline = strdup(cmdline ? cmdline : "");
	if (!image->cmdline)
		return err_sys(err, ENOMEM, "cannot open kernel %s", kernel);
	ret = boot_file_open(&image->kernel, kernel, err);
	if (!ret && initrd)
		ret = boot_file_open(&image->initrd, initrd, err);
	if (!ret)
		ret = bzimage_header_read(&image->kernel, &parsed, err);
	if (!ret)
		ret = check_cmdline(image, &parsed, err);
	if (ret)
		bzimage_close(image);
	return ret;
}

void bzimage_close(struct bzimage *image)
{
	boot_file_close(&image->kernel);
	boot_file_close(&image->initrd);
	free(image->cmdline);
	image->cmdline = NULL;
}

/*
 * Suggests more memory. That helps only while RAM ends below 4 GiB, above which nothing is loaded.
 */
static int more_memory(const struct e820 *map, u64 end, struct err *err)
{
	if (e820_ram_end(map, ~0ull) <= BZIMAGE_MAPPED_END)
		return err_help(err, "Give the machine more than %llu MiB of memory.", mib(end));
	return err_help(err, "The machine's memory below 4 GiB cannot grow; boot from its disk.");
}

static int load_kernel(const struct bzimage *image, const struct bzimage_header *kernel,
	struct mem *mem, const struct e820 *map, struct err *err)
{
	u64 end = kernel->load + kernel->span;
	void *host = NULL;

	if (e820_is(map, kernel->load, kernel->span, E820_RAM))
		host = mem_ptr(mem, kernel->load, kernel->span);
	if (!host) {
		err_set(err, ENOMEM,
			"kernel %s needs %llu MiB of memory to start, the machine has %llu MiB",
			image->kernel.path, mib(end), mib(e820_ram_end(map, BZIMAGE_MAPPED_END)));
		return more_memory(map, end, err);
	}
	return boot_file_read(&image->kernel, kernel->prot_offset, host, kernel->prot_size, err);
}

static int no_room_for_initrd(const struct bzimage *image, const struct bzimage_header *kernel,
	u64 size, const struct e820 *map, struct err *err)
{
	u64 floor = kernel->load + kernel->span;
	u64 ceiling = e820_ram_end(map, (u64)kernel->fields.initrd_addr_max + 1);

	err_set(err, ENOMEM,
		"initrd %s (%llu MiB) does not fit into memory between the kernel's end at %llu "
		"MiB and %llu MiB",
		image->initrd.path, mib(size), mib(floor), mib(ceiling));
	if (floor + size <= kernel->fields.initrd_addr_max)
		return more_memory(map, floor + size, err);
	return err_help(err, "The kernel takes it only below %llu MiB; make it smaller.",
		mib(kernel->fields.initrd_addr_max));
}

/*
 * Puts the initrd as high as allowed: low memory is scarcer, and the kernel frees the initrd later.
 */
static int load_initrd(const struct bzimage *image, const struct bzimage_header *kernel,
	struct mem *mem, const struct e820 *map, u8 *zero_page, struct err *err)
{
	struct boot_params *params = (struct boot_params *)zero_page;
	u64 ceiling = (u64)kernel->fields.initrd_addr_max + 1;
	u64 size, addr = 0;
	void *host = NULL;
	int ret;

	if (image->initrd.fd < 0)
		return 0;
	ret = boot_file_size(&image->initrd, &size, err);
	if (ret || !size)
		return ret;
	if (size < BZIMAGE_MAPPED_END &&
		!e820_find_ram(map, kernel->load + kernel->span, ceiling, size, PAGE, &addr))
		host = mem_ptr(mem, addr, size);
	if (!host)
		return no_room_for_initrd(image, kernel, size, map, err);

	params->hdr.ramdisk_image = addr;
	params->hdr.ramdisk_size = size;
	log_debug("initrd of %llu bytes at 0x%llx", (unsigned long long)size,
		(unsigned long long)addr);
	return boot_file_read(&image->initrd, 0, host, size, err);
}

static void fill_zero_page(
	u8 *zero_page, const struct bzimage_header *kernel, const struct e820 *map, u64 rsdp)
{
	struct boot_params *params = (struct boot_params *)zero_page;

	memset(zero_page, 0, PAGE);
	memcpy(zero_page + BZIMAGE_HEADER_START, kernel->page + BZIMAGE_HEADER_START,
		BZIMAGE_HEADER_END - BZIMAGE_HEADER_START);
	params->hdr.type_of_loader = LOADER_UNNAMED;
	params->hdr.code32_start = kernel->load;
	params->hdr.cmd_line_ptr = BOOT_CMDLINE;
	params->hdr.ramdisk_image = 0;
	params->hdr.ramdisk_size = 0;
	params->hdr.setup_data = 0;
	params->acpi_rsdp_addr = rsdp;
	params->e820_entries = map->nr;
	for (unsigned i = 0; i < map->nr; i++)
		params->e820_table[i] = (struct boot_e820_entry){
			.addr = map->entries[i].range.start,
			.size = map->entries[i].range.size,
			.type = map->entries[i].type,
		};
}

int bzimage_load(const struct bzimage *image, struct mem *mem, const struct e820 *map, u64 rsdp,
	struct vcpu_entry *entry, struct err *err)
{
	struct bzimage_header kernel;
	u8 *zero_page, *cmdline;
	int ret;

	ret = bzimage_header_read(&image->kernel, &kernel, err);
	if (!ret)
		ret = check_cmdline(image, &kernel, err);
	if (!ret)
		ret = boot_entry_place(entry, mem, map, err);
	if (!ret)
		ret = load_kernel(image, &kernel, mem, map, err);
	if (ret)
		return ret;

	zero_page = mem_ptr(mem, BOOT_ZERO_PAGE, PAGE);
	cmdline = mem_ptr(mem, BOOT_CMDLINE, BOOT_CMDLINE_SIZE);
	if (!zero_page || !cmdline)
		return err_set(err, EINVAL, "the machine has no RAM at 0x%x", BOOT_ZERO_PAGE);
	fill_zero_page(zero_page, &kernel, map, rsdp);
	memset(cmdline, 0, BOOT_CMDLINE_SIZE);
	memcpy(cmdline, image->cmdline, strlen(image->cmdline));
	log_debug("kernel of %llu bytes at 0x%llx", (unsigned long long)kernel.prot_size,
		(unsigned long long)kernel.load);

	entry->rip = kernel.load + BZIMAGE_ENTRY_64;
	entry->rsi = BOOT_ZERO_PAGE;
	return load_initrd(image, &kernel, mem, map, zero_page, err);
}
