/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A start with firmware: its image below 4 GiB, and fw_cfg with what it asks for. The parts of
 * firmware_*.c; machine.c knows only vm/launch/launch.h.
 *
 * On the machine's thread, but for the callbacks of fw_cfg, which come from a vCPU's.
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
	u8 *code; /* of image.code.size bytes, as the file had them when the machine was made */
	struct firmware_flash flash;   /* of UEFI firmware */
	struct mem_region code_region; /* read-only memory that ends at 4 GiB */
	struct fw_cfg fw_cfg;
	struct firmware_kernel kernel;
	const struct machine_parts *parts;
};

/* Gives fw_cfg what any firmware asks for of this machine. fw->fw_cfg is open. */
int firmware_fill(struct firmware *fw, struct err *err);

/*
 * Gives it the ACPI tables with the script that links them. They are made anew whenever the
 * firmware asks for the script, which it does when it has placed ECAM, bridges and BARs.
 */
int firmware_fill_acpi(struct firmware *fw, struct err *err);

#endif
