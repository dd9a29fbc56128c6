/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The structures of the SMBIOS tables. Only for smbios.c. */
#ifndef VM_BOOT_SMBIOS_TYPES_H
#define VM_BOOT_SMBIOS_TYPES_H

#include "vm/boot/smbios.h"

/* Appends every structure, the last one included. @config has been checked. */
void smbios_add_all(struct blob *out, const struct smbios_config *config);

#endif
