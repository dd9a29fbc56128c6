/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine is called: texts for SMBIOS (type 0 and 1), as the user gave them. NULL or zero:
 * tenon's own. Plain data.
 */
#ifndef VM_BOOT_SMBIOS_STRINGS_H
#define VM_BOOT_SMBIOS_STRINGS_H

#include "base/types.h"

struct smbios_strings {
	const char *bios; /* its vendor */
	const char *manufacturer;
	const char *product;
	const char *version;
	const char *serial;
	const char *sku;
	const char *family;
	u8 uuid[16]; /* in the order in which it is printed */
};

#endif
