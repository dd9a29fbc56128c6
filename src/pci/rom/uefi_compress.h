/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other way of uefi_decompress.h: data as UEFI's decompressor takes it (UEFI
 * Specification 2.10, appendix H). Pure; any thread.
 */
#ifndef PCI_ROM_UEFI_COMPRESS_H
#define PCI_ROM_UEFI_COMPRESS_H

#include "base/types.h"

/*
 * Compresses @from, header included. The caller frees *@to. Returns 0, -ENOMEM, or -EFBIG where the
 * result would not be smaller than @size bytes.
 */
int uefi_compress(const u8 *from, u32 size, u8 **to, u32 *to_size);

#endif
