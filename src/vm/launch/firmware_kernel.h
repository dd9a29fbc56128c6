/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that firmware starts: image, RAM disk and command line as items of fw_cfg. OVMF boots
 * them by itself, as a UEFI program; SeaBIOS by an option ROM of QEMU's, linuxboot_dma.bin, which
 * wants addresses beside the bytes (Documentation/arch/x86/boot.rst, "Sample Boot Configuration").
 *
 * The files stay open and are read when the guest asks, straight into its memory.
 */
#ifndef VM_LAUNCH_FIRMWARE_KERNEL_H
#define VM_LAUNCH_FIRMWARE_KERNEL_H

#include "base/err.h"
#include "vm/boot/file.h"
#include "vm/dev/fw_cfg.h"
#include "vm/mem/ram.h"

/* The loader for a BIOS, as the boot order names it. */
#define FIRMWARE_KERNEL_LOADER    "genroms/linuxboot_dma.bin"
#define FIRMWARE_KERNEL_BOOT_PATH "/rom@" FIRMWARE_KERNEL_LOADER

struct firmware_kernel {
	struct boot_file image;
	struct boot_file initrd; /* fd -1: none */
	const char *cmdline;     /* the caller's */
	bool bios;               /* the setup part is prepared for a BIOS's loader */
	u8 *setup;               /* of the image: what it has before the protected-mode part */
	u32 setup_size;
	u32 image_size;
	u32 initrd_size;
	bool told; /* that a file cannot be read */
};

/*
 * Opens and checks the files. @initrd and @cmdline may be NULL. @bios: a bzImage is needed;
 * otherwise any file is left to the firmware's judgement.
 */
int firmware_kernel_open(struct firmware_kernel *kernel, const char *image, const char *initrd,
	const char *cmdline, bool bios, struct err *err);
/* Safe on a zeroed struct. */
void firmware_kernel_close(struct firmware_kernel *kernel);

/* Adds the items. @kernel stays as long as @fw. -ENOMEM with @err where @ram has no room. */
int firmware_kernel_fill(
	struct firmware_kernel *kernel, struct fw_cfg *fw, const struct ram *ram, struct err *err);

#endif
