// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/bzimage_header.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define SECTOR       512
#define PARAGRAPH    16
#define HEADER_MAGIC 0x53726448 /* "HdrS" */
#define HEADER_JUMP  0x201      /* the header ends as many bytes after this one as its value says */
#define MIN_VERSION  0x20c      /* the first version with xloadflags */

static int not_a_kernel(const struct boot_file *file, const u8 *page, struct err *err)
{
	const char *what = "it has no boot header";

	if (!memcmp(page, "\177ELF", 4))
		what = "it is an ELF file, perhaps an uncompressed vmlinux";
	else if (!memcmp(page, "MZ", 2))
		what = "it is an EFI program, which only firmware can start";
	else if (!memcmp(page, "\x1f\x8b", 2))
		what = "it is a gzip archive";
	err_set(err, ENOEXEC, "%s is not a bootable Linux kernel: %s", file->path, what);
	return err_help(err, "A bzImage is wanted, as distributions install it: /boot/vmlinuz-*.");
}

/* SeaBIOS enters a kernel in real mode, as from a disk. */
static int help_bios(const char *path, struct err *err)
{
	return err_help(err, "SeaBIOS can start it: --firmware bios --kernel %s", path);
}

static int check_kind(
	const struct boot_file *file, const struct bzimage_header *header, struct err *err)
{
	const struct setup_header *h = &header->fields;
	const char *path = file->path;

	if (h->boot_flag != 0xaa55 || h->header != HEADER_MAGIC)
		return not_a_kernel(file, header->page, err);
	if (h->version < MIN_VERSION) {
		err_set(err, ENOEXEC,
			"kernel %s speaks boot protocol %u.%02u; %u.%02u is the oldest that can be "
			"booted directly (Linux 3.8)",
			path, h->version >> 8, h->version & 0xff, MIN_VERSION >> 8,
			MIN_VERSION & 0xff);
		return help_bios(path, err);
	}
	if (!(h->xloadflags & XLF_KERNEL_64)) {
		err_set(err, ENOEXEC, "kernel %s is a 32-bit one: it has no 64-bit entry", path);
		return help_bios(path, err);
	}
	if (!(h->loadflags & LOADED_HIGH))
		return err_set(
			err, ENOEXEC, "kernel %s is a zImage, which loads below 1 MiB", path);
	return 0;
}

/* Finds the protected-mode code in the file. */
static int find_parts(const struct boot_file *file, struct bzimage_header *header, struct err *err)
{
	const struct setup_header *h = &header->fields;
	/* Very old kernels have 0 here and mean 4. */
	u64 setup_size = (1 + (h->setup_sects ? h->setup_sects : 4)) * SECTOR;
	u64 file_size, want;
	int ret = boot_file_size(file, &file_size, err);

	if (ret)
		return ret;
	header->prot_offset = setup_size;
	header->prot_size = file_size > setup_size ? file_size - setup_size : 0;
	/* syssize is in paragraphs, rounded up. It does not include a signature at the end. */
	want = (u64)h->syssize * PARAGRAPH;
	if (header->prot_size <= BZIMAGE_ENTRY_64 || header->prot_size + PARAGRAPH <= want)
		return err_set(err, ENOEXEC,
			"kernel %s is cut off: it has %llu bytes, its header speaks of %llu",
			file->path, (unsigned long long)file_size,
			(unsigned long long)(setup_size + want));
	return 0;
}

/*
 * A kernel that is loaded below its preferred address first moves itself there, so any other
 * address only costs memory.
 */
static int choose_address(
	const struct boot_file *file, struct bzimage_header *header, struct err *err)
{
	const struct setup_header *h = &header->fields;
	u64 align = h->relocatable_kernel ? h->kernel_alignment : 1;
	u64 load = h->pref_address;

	header->span = header->prot_size > h->init_size ? header->prot_size : h->init_size;
	if (!is_pow2(align) || header->span > BZIMAGE_MAPPED_END || load > BZIMAGE_MAPPED_END)
		goto damaged;
	if (h->relocatable_kernel)
		load = round_up(load > MIB ? load : MIB, align);
	if (load < MIB || load > BZIMAGE_MAPPED_END - header->span)
		goto damaged;
	header->load = load;
	return 0;
damaged:
	return err_set(err, ENOEXEC,
		"the header of kernel %s is damaged: it asks for 0x%llx bytes at 0x%llx, aligned "
		"to 0x%llx",
		file->path, (unsigned long long)header->span, (unsigned long long)h->pref_address,
		(unsigned long long)align);
}

int bzimage_header_read(
	const struct boot_file *file, struct bzimage_header *header, struct err *err)
{
	u64 size, end;
	int ret = boot_file_size(file, &size, err);

	if (ret)
		return ret;
	*header = (struct bzimage_header){ .prot_offset = 0 };
	if (size < sizeof(header->page))
		return not_a_kernel(file, header->page, err);
	ret = boot_file_read(file, 0, header->page, sizeof(header->page), err);
	if (ret)
		return ret;

	/* The bytes after the header's end are code; as header fields they must read 0. */
	end = HEADER_JUMP + 1 + header->page[HEADER_JUMP];
	if (end < sizeof(header->page))
		memset(header->page + end, 0, sizeof(header->page) - end);
	memcpy(&header->fields, header->page + BZIMAGE_HEADER_START, sizeof(header->fields));

	ret = check_kind(file, header, err);
	if (!ret)
		ret = find_parts(file, header, err);
	if (!ret)
		ret = choose_address(file, header, err);
	return ret;
}
