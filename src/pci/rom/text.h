/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ROMs that somebody has as text: hex dumps (xxd, hexdump, od, DEBUG, PowerShell, editors), arrays
 * of C and of other languages, exports of the Windows registry, plain hex, base64, Intel HEX,
 * S-records. Pure; any thread. Work and memory are linear in the text.
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
 * Reads @text, in UTF-8 or UTF-16. Returns 0; -ENOENT where it is no text of these forms; -ENOMEM.
 * What is in the bytes is not looked at, but base64 and plain hex have to give a ROM's signature.
 */
int rom_text_read(struct rom_text *out, const u8 *text, size_t size);

/* Whether @bytes are text of any kind: some length, and no control characters but separators. */
bool rom_is_text(const u8 *bytes, size_t size);

#endif
