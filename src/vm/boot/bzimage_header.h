/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The setup header of a bzImage (Documentation/arch/x86/boot.rst), read from a file that may be
 * anything and checked against it. For bzimage.c alone.
 */
#ifndef VM_BOOT_BZIMAGE_HEADER_H
#define VM_BOOT_BZIMAGE_HEADER_H

#include <asm/bootparam.h>

#include "base/err.h"
#include "vm/boot/file.h"

/* In the file as in the zero page. Behind the end the zero page has something else. */
#define BZIMAGE_HEADER_START offsetof(struct boot_params, hdr)
#define BZIMAGE_HEADER_END   offsetof(struct boot_params, edd_mbr_sig_buffer)

#define BZIMAGE_ENTRY_64   0x200     /* of the 64-bit entry, in the part for protected mode */
#define BZIMAGE_MAPPED_END (4 * GIB) /* of the page tables that the kernel starts with */

struct bzimage_header {
	u8 page[BZIMAGE_HEADER_END]; /* the start of the file; what is no header field reads 0 */
	struct setup_header fields;
	u64 prot_offset; /* of the part for protected mode, in the file */
	u64 prot_size;
	u64 load; /* guest physical */
	u64 span; /* bytes from there that the kernel uses before it knows the memory map */
};

/*
 * -ENOEXEC for what cannot be booted through a 64-bit entry. Then load >= 1 MiB, span >=
 * prot_size, and load + span lies within what is mapped.
 */
int bzimage_header_read(
	const struct boot_file *file, struct bzimage_header *header, struct err *err);

#endif
