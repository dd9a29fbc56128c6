/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that people take for an option ROM, by their first bytes. Pure; any thread. */
#ifndef PCI_ROM_KIND_H
#define PCI_ROM_KIND_H

#include "base/types.h"

struct rom_kind {
	const char *code;   /* stable, a-z, digits and dashes */
	const char *what;   /* "a zip archive" */
	const char *advice; /* what to do, a clause that goes on behind ";" */
};

/* What @bytes are; NULL where nothing tells. They are not looked at for option ROMs. */
const struct rom_kind *rom_kind_of(const u8 *bytes, size_t size);

/*
 * What was done to a ROM that @bytes still show traces of: exchanged bytes, or a change as if it
 * were text. NULL where nothing of the kind is seen. For files in which something is wrong.
 */
const struct rom_kind *rom_damage_of(const u8 *bytes, size_t size);

#endif
