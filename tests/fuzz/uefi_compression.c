// SPDX-License-Identifier: GPL-2.0-or-later
/* UEFI's compression: any stream decompresses within its bounds, and what we compress comes back.
 */
#include "fuzz.h"

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/uefi_compress.h"
#include "pci/rom/uefi_decompress.h"

#define LIMIT (1 * MIB)

static void decompress(const u8 *data, size_t size, enum uefi_positions positions)
{
	struct err err = { 0 };
	own_free u8 *to = NULL;
	u32 to_size;

	if (uefi_decompressed_size(data, size, &to_size, &err)) {
		CLAIM(err.code && err.text[0]);
		return;
	}
	if (to_size > LIMIT)
		return;
	/* Not a byte more than that, so that the sanitizer sees what is written behind it. */
	to = malloc(to_size ? to_size : 1);
	if (uefi_decompress(data, size, positions, to, to_size, &err))
		CLAIM(err.code && err.text[0]);
}

static void round_trip(const u8 *data, size_t size)
{
	own_free u8 *compressed = NULL, *back = NULL;
	struct err err = { 0 };
	u32 compressed_size, back_size;

	if (uefi_compress(data, size, &compressed, &compressed_size))
		return;
	CLAIM(compressed_size <= size);
	CLAIM(!uefi_decompressed_size(compressed, compressed_size, &back_size, &err));
	CLAIM(back_size == size);
	back = malloc(size);
	CLAIM(!uefi_decompress(
		compressed, compressed_size, UEFI_POSITIONS_EFI, back, back_size, &err));
	CLAIM(!memcmp(back, data, size));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	decompress(data, size, UEFI_POSITIONS_EFI);
	decompress(data, size, UEFI_POSITIONS_TIANO);
	round_trip(data, size);
	return 0;
}
