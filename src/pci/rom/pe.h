/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executables that an EFI image of an option ROM holds: PE32, PE32+, and edk2's terse form
 * "TE". Reads only what a loader checks before it loads. Pure; any thread.
 *
 * Sources: PE Format of Microsoft; UEFI Specification 2.10, 2.1.1; PI Specification, "TE Image".
 */
#ifndef PCI_ROM_PE_H
#define PCI_ROM_PE_H

#include "base/types.h"

#define PE_DOS_MAGIC 0x5a4d /* "MZ" */
#define PE_TE_MAGIC  0x5a56 /* "VZ" */

enum pe_subsystem {
	PE_WINDOWS_GUI = 2,
	PE_WINDOWS_CONSOLE = 3,
	PE_EFI_APPLICATION = 0x0a,
	PE_EFI_BOOT_DRIVER = 0x0b,
	PE_EFI_RUNTIME_DRIVER = 0x0c,
};

struct pe {
	bool terse;
	u16 machine;   /* enum rom_machine, or anything else */
	u16 subsystem; /* enum pe_subsystem, or anything else */
	u32 size;      /* bytes of headers and sections in the file; at most its size */
	bool is_empty; /* no section has contents: there are headers only */
};

/*
 * Reads the headers at the start of @bytes. Returns NULL, or what is wrong with them, as a phrase
 * that follows "the driver ": "has no PE header". @pe is set as far as the headers could be read.
 */
const char *pe_read(struct pe *pe, const u8 *bytes, size_t size);

#endif
