/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compression of EFI drivers in option ROMs and in firmware volumes: LZ77 and Huffman codes in
 * blocks, most significant bit first (UEFI Specification 2.10, appendix H). Pure; any thread.
 *
 * The data is hostile: work is bounded by the size of @to, and the only memory is on the stack
 * (under 16 KiB).
 */
#ifndef PCI_ROM_UEFI_DECOMPRESS_H
#define PCI_ROM_UEFI_DECOMPRESS_H

#include "base/err.h"
#include "base/types.h"

#define UEFI_COMPRESSED_HEADER 8 /* compressed size, original size, both 32 bits */

/* How many bits hold the number of position codes: the only parameter of the format. */
enum uefi_positions {
	UEFI_POSITIONS_EFI = 4,   /* UEFI: distances below 8 KiB */
	UEFI_POSITIONS_TIANO = 5, /* edk2's variant in firmware volumes: below 512 KiB */
};

/*
 * Reads the size of the decompressed data from the header. Returns -EINVAL with @err set if @size
 * bytes cannot hold what the header says.
 */
int uefi_decompressed_size(const u8 *from, size_t size, u32 *to_size, struct err *err);

/*
 * Decompresses into @to, which has room for @to_size bytes, the size in the header. Returns -EINVAL
 * with @err set if the stream is damaged; @to then holds what was decompressed before.
 */
int uefi_decompress(const u8 *from, size_t size, enum uefi_positions positions, u8 *to, u32 to_size,
	struct err *err);

#endif
