/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that firmware starts: image, RAM disk and command line as items of fw_cfg. OVMF starts
 * the kernel itself, as a UEFI program. SeaBIOS does it with QEMU's option ROM linuxboot_dma.bin,
 * which also reads the addresses to load to (Documentation/arch/x86/boot.rst, "Sample Boot
 * Configuration").
 *
 * The files stay open and are read straight into guest memory when the guest asks for them.
 */
#ifndef VM_LAUNCH_FIRMWARE_KERNEL_H
#define VM_LAUNCH_FIRMWARE_KERNEL_H

#include "base/err.h"
#include "vm/boot/file.h"
#include "vm/dev/fw_cfg.h"
#include "vm/mem/ram.h"

/* The loader for a BIOS, and its name in the boot order. */
#define FIRMWARE_KERNEL_LOADER    "genroms/linuxboot_dma.bin"
#define FIRMWARE_KERNEL_BOOT_PATH "/rom@" FIRMWARE_KERNEL_LOADER

struct firmware_kernel {
	struct boot_file image;
	struct boot_file initrd; /* fd -1: none */
	const char *cmdline;     /* the caller's */
	bool bios;               /* the setup part has the fields that a BIOS's loader expects */
	u8 *setup;               /* the part of the image before the protected-mode code */
	u32 setup_size;
	u32 image_size;
	u32 initrd_size;
	bool told; /* a read error has been logged */
};

/*
 * Opens and checks the files. @initrd and @cmdline may be NULL. With @bios the image must be a
 * bzImage; otherwise the firmware judges the file.
 */
int firmware_kernel_open(struct firmware_kernel *kernel, const char *image, const char *initrd,
	const char *cmdline, bool bios, struct err *err);
/* Safe on a zeroed struct. */
void firmware_kernel_close(struct firmware_kernel *kernel);

/* Adds the items. @kernel must outlive @fw. Returns -ENOMEM with @err set if @ram has no room. */
int firmware_kernel_fill(
	struct firmware_kernel *kernel, struct fw_cfg *fw, const struct ram *ram, struct err *err);

#endif
