// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/bzimage.h"

#include <asm/bootparam.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"

#define SECTOR       512
#define HEADER_START offsetof(struct boot_params, hdr)
#define HEADER_MAGIC 0x53726448 /* "HdrS" */
/* The protected-mode part's header ends where the zero page's next field begins. */
#define HEADER_END     offsetof(struct boot_params, edd_mbr_sig_buffer)
#define HEADER_JUMP    0x201 /* the header ends this byte's value behind it */
#define MIN_VERSION    0x20c /* where xloadflags came */
#define ENTRY_64       0x200
#define PARAGRAPH      16
#define LOADER_UNNAMED 0xff
#define PAGE           0x1000
#define MAPPED_END     (4 * GIB) /* of the page tables that the kernel starts with */

/* What the header says, checked against the file. */
struct kernel {
	u8 page[HEADER_END]; /* the start of the file */
	struct setup_header header;
	u64 prot_offset; /* in the file */
	u64 prot_size;
	u64 load; /* guest physical */
	u64 span; /* bytes from there that the kernel uses before it knows the memory map */
};

static unsigned mib(u64 bytes)
{
	return (bytes + MIB - 1) / MIB;
}

static int not_a_kernel(const struct bzimage *image, const u8 *page, struct err *err)
{
	const char *what = "it has no boot header";

	if (!memcmp(page, "\177ELF", 4))
		what = "it is an ELF file, perhaps an uncompressed vmlinux";
	else if (!memcmp(page, "MZ", 2))
		what = "it is an EFI program, which only firmware can start";
	else if (!memcmp(page, "\x1f\x8b", 2))
		what = "it is a gzip archive";
	err_set(err, ENOEXEC, "%s is not a bootable Linux kernel: %s", image->kernel.path, what);
	return err_help(err, "A bzImage is wanted, as distributions install it: /boot/vmlinuz-*.");
}

static int check_kind(const struct bzimage *image, const struct kernel *kernel, struct err *err)
{
	const struct setup_header *h = &kernel->header;
	const char *path = image->kernel.path;

	if (h->boot_flag != 0xaa55 || h->header != HEADER_MAGIC)
		return not_a_kernel(image, kernel->page, err);
	if (h->version < MIN_VERSION)
		return err_set(err, ENOEXEC,
			"kernel %s speaks boot protocol %u.%02u; %u.%02u is the oldest that can be "
			"booted directly (Linux 3.8)",
			path, h->version >> 8, h->version & 0xff, MIN_VERSION >> 8,
			MIN_VERSION & 0xff);
	if (!(h->xloadflags & XLF_KERNEL_64)) {
		err_set(err, ENOEXEC, "kernel %s is a 32-bit one: it has no 64-bit entry", path);
		return err_help(err, "Take a 64-bit kernel, or boot this one from its disk.");
	}
	if (!(h->loadflags & LOADED_HIGH))
		return err_set(
			err, ENOEXEC, "kernel %s is a zImage, which loads below 1 MiB", path);
	return 0;
}

/* Where the kernel's part for protected mode lies in the file. */
static int find_parts(const struct bzimage *image, struct kernel *kernel, struct err *err)
{
	const struct setup_header *h = &kernel->header;
	/* Very old kernels say 0 and mean 4. */
	u64 setup_size = (1 + (h->setup_sects ? h->setup_sects : 4)) * SECTOR;
	u64 file_size, want;
	int ret = boot_file_size(&image->kernel, &file_size, err);

	if (ret)
		return ret;
	kernel->prot_offset = setup_size;
	kernel->prot_size = file_size > setup_size ? file_size - setup_size : 0;
	/* In paragraphs, rounded up. What a signature adds behind is not counted. */
	want = (u64)h->syssize * PARAGRAPH;
	if (kernel->prot_size <= ENTRY_64 || kernel->prot_size + PARAGRAPH <= want)
		return err_set(err, ENOEXEC,
			"kernel %s is cut off: it has %llu bytes, its header speaks of %llu",
			image->kernel.path, (unsigned long long)file_size,
			(unsigned long long)(setup_size + want));
	return 0;
}

/*
 * A kernel that is loaded below its preferred address moves there before anything else, so any
 * other place only costs memory.
 */
static int choose_address(const struct bzimage *image, struct kernel *kernel, struct err *err)
{
	const struct setup_header *h = &kernel->header;
	u64 align = h->relocatable_kernel ? h->kernel_alignment : 1;
	u64 load = h->pref_address;

	kernel->span = kernel->prot_size > h->init_size ? kernel->prot_size : h->init_size;
	if (!is_pow2(align) || kernel->span > MAPPED_END || load > MAPPED_END)
		goto damaged;
	if (h->relocatable_kernel)
		load = round_up(load > MIB ? load : MIB, align);
	if (load < MIB || load > MAPPED_END - kernel->span)
		goto damaged;
	kernel->load = load;
	return 0;
damaged:
	return err_set(err, ENOEXEC,
		"the header of kernel %s is damaged: it asks for 0x%llx bytes at 0x%llx, aligned "
		"to 0x%llx",
		image->kernel.path, (unsigned long long)kernel->span,
		(unsigned long long)h->pref_address, (unsigned long long)align);
}

static int read_header(const struct bzimage *image, struct kernel *kernel, struct err *err)
{
	u64 size, end;
	int ret = boot_file_size(&image->kernel, &size, err);

	if (ret)
		return ret;
	*kernel = (struct kernel){ .prot_offset = 0 };
	if (size < sizeof(kernel->page))
		return not_a_kernel(image, kernel->page, err);
	ret = boot_file_read(&image->kernel, 0, kernel->page, sizeof(kernel->page), err);
	if (ret)
		return ret;

	/* What lies behind the header's end is code; as header fields it reads 0. */
	end = HEADER_JUMP + 1 + kernel->page[HEADER_JUMP];
	if (end < sizeof(kernel->page))
		memset(kernel->page + end, 0, sizeof(kernel->page) - end);
	memcpy(&kernel->header, kernel->page + HEADER_START, sizeof(kernel->header));

	ret = check_kind(image, kernel, err);
	if (!ret)
		ret = find_parts(image, kernel, err);
	if (!ret)
		ret = choose_address(image, kernel, err);
	return ret;
}

static int check_cmdline(const struct bzimage *image, const struct kernel *kernel, struct err *err)
{
	u64 max = kernel->header.cmdline_size;

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
	struct kernel parsed;
	int ret;

	*image = (struct bzimage){ .kernel = { .fd = -1 }, .initrd = { .fd = -1 } };
	image->cmdline = strdup(cmdline ? cmdline : "");
	if (!image->cmdline)
		return err_sys(err, ENOMEM, "cannot open kernel %s", kernel);
	ret = boot_file_open(&image->kernel, kernel, err);
	if (!ret && initrd)
		ret = boot_file_open(&image->initrd, initrd, err);
	if (!ret)
		ret = read_header(image, &parsed, err);
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

/* More memory helps only as long as none of it lies above 4 GiB, where the loader cannot go. */
static int more_memory(const struct e820 *map, u64 end, struct err *err)
{
	if (e820_ram_end(map, ~0ull) <= MAPPED_END)
		return err_help(err, "Give the machine more than %u MiB of memory.", mib(end));
	return err_help(err, "The machine's memory below 4 GiB cannot grow; boot from its disk.");
}

static int load_kernel(const struct bzimage *image, const struct kernel *kernel, struct mem *mem,
	const struct e820 *map, struct err *err)
{
	u64 end = kernel->load + kernel->span;
	void *host = NULL;

	if (e820_is(map, kernel->load, kernel->span, E820_RAM))
		host = mem_ptr(mem, kernel->load, kernel->span);
	if (!host) {
		err_set(err, ENOMEM,
			"kernel %s needs memory from 0x%llx to 0x%llx to start; the machine's "
			"ends at 0x%llx",
			image->kernel.path, (unsigned long long)kernel->load,
			(unsigned long long)end, (unsigned long long)e820_ram_end(map, MAPPED_END));
		return more_memory(map, end, err);
	}
	return boot_file_read(&image->kernel, kernel->prot_offset, host, kernel->prot_size, err);
}

static int no_room_for_initrd(const struct bzimage *image, const struct kernel *kernel, u64 size,
	const struct e820 *map, struct err *err)
{
	u64 floor = kernel->load + kernel->span;
	u64 ceiling = e820_ram_end(map, (u64)kernel->header.initrd_addr_max + 1);

	err_set(err, ENOMEM,
		"initrd %s (%u MiB) does not fit into memory between the kernel's end at %u MiB "
		"and %u MiB",
		image->initrd.path, mib(size), mib(floor), mib(ceiling));
	if (floor + size <= kernel->header.initrd_addr_max)
		return more_memory(map, floor + size, err);
	return err_help(err, "The kernel takes it only below %u MiB; make it smaller.",
		mib(kernel->header.initrd_addr_max));
}

/* As high as it may lie: the kernel frees it later, and low memory is scarcer. */
static int load_initrd(const struct bzimage *image, const struct kernel *kernel, struct mem *mem,
	const struct e820 *map, u8 *zero_page, struct err *err)
{
	struct boot_params *params = (struct boot_params *)zero_page;
	u64 ceiling = (u64)kernel->header.initrd_addr_max + 1;
	u64 size, addr = 0;
	void *host = NULL;
	int ret;

	if (image->initrd.fd < 0)
		return 0;
	ret = boot_file_size(&image->initrd, &size, err);
	if (ret || !size)
		return ret;
	if (size < MAPPED_END &&
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
	u8 *zero_page, const struct kernel *kernel, const struct e820 *map, u64 rsdp)
{
	struct boot_params *params = (struct boot_params *)zero_page;

	memset(zero_page, 0, PAGE);
	memcpy(zero_page + HEADER_START, kernel->page + HEADER_START, HEADER_END - HEADER_START);
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
	struct kernel kernel;
	u8 *zero_page, *cmdline;
	int ret;

	ret = read_header(image, &kernel, err);
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

	entry->rip = kernel.load + ENTRY_64;
	entry->rsi = BOOT_ZERO_PAGE;
	return load_initrd(image, &kernel, mem, map, zero_page, err);
}
