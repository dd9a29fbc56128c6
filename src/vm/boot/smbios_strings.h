/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's texts for SMBIOS (types 0 and 1). NULL or zero: tenon's own text. Plain data. */
#ifndef VM_BOOT_SMBIOS_STRINGS_H
#define VM_BOOT_SMBIOS_STRINGS_H

#include "base/types.h"

struct smbios_strings {
	const char *bios; /* the BIOS vendor */
	const char *manufacturer;
	const char *product;
	const char *version;
	const char *serial;
	const char *sku;
	const char *family;
	u8 uuid[16]; /* in the order in which it is printed */
};

#endif
