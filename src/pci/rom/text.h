/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ROMs from text: hex dumps (xxd, hexdump, od, DEBUG, PowerShell, editors), arrays of C and
 * of other languages, exports of the Windows registry, plain hex, base64, Intel HEX, S-records.
 * Pure; any thread. Work and memory are linear in the text.
 */
#ifndef PCI_ROM_TEXT_H
#define PCI_ROM_TEXT_H

#include "base/types.h"

struct rom_text {
	u8 *bytes; /* the caller frees them */
	size_t size;
	const char *form; /* "a hex dump", ... */
};

/*
 * Reads @text, in UTF-8 or UTF-16. Returns 0, -ENOENT if the text is in none of these formats, or
 * -ENOMEM. The bytes are not checked, except that base64 and plain hex must yield a ROM's
 * signature.
 */
int rom_text_read(struct rom_text *out, const u8 *text, size_t size);

/*
 * Whether @bytes are text of any kind: long enough, and without control characters but separators.
 */
bool rom_is_text(const u8 *bytes, size_t size);

#endif
