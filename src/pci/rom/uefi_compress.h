/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counterpart of uefi_decompress.h: compresses data for UEFI's decompressor (UEFI Specification
 * 2.10, appendix H). Pure; any thread.
 */
#ifndef PCI_ROM_UEFI_COMPRESS_H
#define PCI_ROM_UEFI_COMPRESS_H

#include "base/types.h"

/*
 * Compresses @from into *@to, which includes the header and which the caller frees. Returns 0,
 * -ENOMEM, or -EFBIG if the result would not be smaller than @size bytes.
 */
int uefi_compress(const u8 *from, u32 size, u8 **to, u32 *to_size);

#endif
