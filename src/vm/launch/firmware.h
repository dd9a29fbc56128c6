/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch with firmware: its image below 4 GiB, and fw_cfg with what firmware reads there. The
 * files firmware_*.c share this header; machine.c knows only vm/launch/launch.h.
 *
 * Everything runs on the machine's thread, except the callbacks of fw_cfg, which run on a vCPU's.
 */
#ifndef VM_LAUNCH_FIRMWARE_H
#define VM_LAUNCH_FIRMWARE_H

#include "vm/dev/fw_cfg.h"
#include "vm/launch/firmware_flash.h"
#include "vm/launch/firmware_kernel.h"
#include "vm/launch/launch.h"

struct firmware {
	struct launch launch;
	struct firmware_image image;
	u8 *code; /* image.code.size bytes, as they were in the file when the machine was opened */
	struct firmware_flash flash;   /* only for UEFI firmware */
	struct mem_region code_region; /* read-only memory that ends at 4 GiB */
	struct fw_cfg fw_cfg;
	struct firmware_kernel kernel;
	const struct machine_parts *parts;
};

/* Adds the items that every firmware reads to fw->fw_cfg, which is open. */
int firmware_fill(struct firmware *fw, struct err *err);

/*
 * Adds the ACPI tables and the script that links them. They are built anew whenever the firmware
 * reads the script, which it does once it has placed ECAM, bridges and BARs.
 */
int firmware_fill_acpi(struct firmware *fw, struct err *err);

#endif
