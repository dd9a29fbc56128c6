/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The setup header of a bzImage (Documentation/arch/x86/boot.rst). The file may contain anything,
 * so the header is checked against it. Only for bzimage.c.
 */
#ifndef VM_BOOT_BZIMAGE_HEADER_H
#define VM_BOOT_BZIMAGE_HEADER_H

#include <asm/bootparam.h>

#include "base/err.h"
#include "vm/boot/file.h"

/*
 * The header's offsets, in the file and in the zero page. From the end on, the zero page has other
 * fields.
 */
#define BZIMAGE_HEADER_START offsetof(struct boot_params, hdr)
#define BZIMAGE_HEADER_END   offsetof(struct boot_params, edd_mbr_sig_buffer)

#define BZIMAGE_ENTRY_64   0x200 /* offset of the 64-bit entry point in the protected-mode code */
#define BZIMAGE_MAPPED_END (4 * GIB) /* end of what the kernel's first page tables map */

struct bzimage_header {
	u8 page[BZIMAGE_HEADER_END]; /* the start of the file; bytes outside the header are 0 */
	struct setup_header fields;
	u64 prot_offset; /* of the protected-mode code, in the file */
	u64 prot_size;
	u64 load; /* guest physical address of the protected-mode code */
	u64 span; /* bytes from there that the kernel uses before it knows the memory map */
};

/*
 * Returns -ENOEXEC for a file that cannot be booted through a 64-bit entry point. On success load
 * >= 1 MiB, span >= prot_size, and load + span <= BZIMAGE_MAPPED_END.
 */
int bzimage_header_read(
	const struct boot_file *file, struct bzimage_header *header, struct err *err);

#endif
