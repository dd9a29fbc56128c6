/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot of a bzImage, as distributions ship it, through its 64-bit entry point: Linux since
 * 3.8, and other programs that follow the same protocol (memtest86+).
 * Documentation/arch/x86/boot.rst, "64-bit Boot Protocol".
 *
 * The files stay open; bzimage_load() reads them anew for each start of the guest and trusts
 * nothing that it read earlier. One thread.
 */
#ifndef VM_BOOT_BZIMAGE_H
#define VM_BOOT_BZIMAGE_H

#include "base/err.h"
#include "vm/boot/e820.h"
#include "vm/boot/entry.h"
#include "vm/boot/file.h"
#include "vm/mem/mem.h"

struct bzimage {
	struct boot_file kernel;
	struct boot_file initrd; /* fd -1: none */
	char *cmdline;
};

/*
 * Opens the files, and checks the kernel's header and that the command line is not too long for it.
 * @initrd and @cmdline may be NULL. The strings are copied.
 */
int bzimage_open(struct bzimage *image, const char *kernel, const char *initrd, const char *cmdline,
	struct err *err);
/* Safe after bzimage_open() has failed. */
void bzimage_close(struct bzimage *image);

/*
 * Writes kernel, RAM disk, command line and zero page to guest memory, only below 4 GiB and where
 * @map has RAM, and fills @entry. The guest gets @map unchanged. @rsdp: the guest physical address
 * of the ACPI root pointer, 0 without ACPI. Nothing else is overwritten.
 */
int bzimage_load(const struct bzimage *image, struct mem *mem, const struct e820 *map, u64 rsdp,
	struct vcpu_entry *entry, struct err *err);

#endif
