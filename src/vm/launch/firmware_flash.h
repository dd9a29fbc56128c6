/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writable half of a UEFI firmware's flash: the machine's variables, below the code.
 *
 * Embedded in struct firmware, which opens it in two steps: the files first, then the flash chip.
 */
#ifndef VM_LAUNCH_FIRMWARE_FLASH_H
#define VM_LAUNCH_FIRMWARE_FLASH_H

#include "vm/boot/firmware_vars.h"
#include "vm/dev/pflash.h"
#include "vm/launch/launch.h"

struct firmware_flash {
	char *path; /* the file of the variables; NULL: they are not kept */
	struct firmware_vars vars;
	struct pflash chip;
};

/*
 * Chooses the file that keeps the variables: @file, else that of the machine @name. Both may be
 * NULL. @size: the file's size in bytes, 0 if it does not exist yet.
 */
int firmware_flash_choose(struct firmware_flash *flash, const char *file, const char *name,
	u64 *size, struct err *err);

/*
 * Opens or creates the variable store. Does nothing for firmware that has no variables. With
 * @secure_boot it refuses a store, and a template for a new one, without keys.
 */
int firmware_flash_open(struct firmware_flash *flash, const struct firmware_image *image,
	bool secure_boot, struct err *err);

/*
 * Adds the flash chip, which ends at the address @end. @smm_only: see pflash.h. Does nothing
 * without a store.
 */
int firmware_flash_connect(struct firmware_flash *flash, const struct machine_parts *parts, u64 end,
	bool smm_only, struct err *err);

/* Safe on a zeroed struct. */
void firmware_flash_close(struct firmware_flash *flash);

#endif
