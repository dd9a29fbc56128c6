/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recognises, by their first bytes, files that people mistake for an option ROM. Pure; any thread.
 */
#ifndef PCI_ROM_KIND_H
#define PCI_ROM_KIND_H

#include "base/types.h"

struct rom_kind {
	const char *code;   /* stable, a-z, digits and dashes */
	const char *what;   /* "a zip archive" */
	const char *advice; /* what to do, a clause that follows a ";" */
};

/* What kind of file @bytes are; NULL if unknown. Option ROMs are not among the kinds. */
const struct rom_kind *rom_kind_of(const u8 *bytes, size_t size);

/*
 * What damaged the ROM in @bytes: swapped bytes, or a conversion as if it were text. NULL if there
 * is no trace of either. Call it for files in which a problem was found.
 */
const struct rom_kind *rom_damage_of(const u8 *bytes, size_t size);

#endif
