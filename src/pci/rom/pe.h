/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executables that an EFI image of an option ROM holds: PE32, PE32+, and edk2's terse form
 * "TE". Only what a loader checks before it loads. Pure; any thread.
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
	u32 size; /* bytes of the file that the headers and sections take; at most the file's */
	bool is_empty; /* no section has bytes: a header alone */
};

/*
 * Reads the headers at the start of @bytes. NULL, or what is wrong with them, in words that go on
 * after "the driver ": "has no PE header". @pe is set as far as the headers could be read.
 */
const char *pe_read(struct pe *pe, const u8 *bytes, size_t size);

#endif
