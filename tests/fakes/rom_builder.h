/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds option ROMs, sound or broken, for the tests. */
#ifndef ROM_MAKE_H
#define ROM_MAKE_H

#include "base/types.h"

/* Zero means the usual value, so that a test sets only what matters to it. */
struct make_image {
	u16 signature;   /* usually 55 AA */
	u8 code;         /* PCIR's code type */
	u16 blocks;      /* length in units of 512, usually 2 */
	bool no_length;  /* PCIR gives 0 */
	u16 init_blocks; /* the header's size, usually all of the image */
	bool no_init;    /* the header gives 0 */
	u16 vendor, device;
	u32 class;
	bool last;
	u16 pcir_at; /* its offset in the image, usually 1Ch */
	const char *pcir_signature;
	u8 revision;
	const u16 *devices; /* ends with 0; placed after the data structure */
	bool bad_sum;
	u16 machine, subsystem, compression, pe_offset; /* EFI; usually x64, 0Bh, 0, 80h */
	bool no_efi_signature;
	bool no_driver;  /* zeros where the driver would be */
	u16 npde_blocks; /* not 0: an NPDE structure */
	u8 npde_size;    /* usually 11 */
	bool npde_last;
};

/* Writes the image at @at, where it must fit. Returns the offset after it. */
u32 make_image(u8 *bytes, u32 at, const struct make_image *spec);

#define MAKE_DRIVER_SIZE 0x200

/* Writes an EFI driver of MAKE_DRIVER_SIZE bytes. */
void make_driver(u8 *bytes, u16 machine, u16 subsystem);

/* Makes the sum of @size bytes zero by setting the byte at @at + 6. */
void make_sum(u8 *bytes, u32 at, u32 size);

/* Writes an NVGI header of @version (1 to 3) that leads to @base. */
void make_nvgi(u8 *bytes, unsigned version, u32 base);

#endif
