/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the firmware will show anything on the assigned graphics cards. */
#ifndef VM_LAUNCH_FIRMWARE_DISPLAY_H
#define VM_LAUNCH_FIRMWARE_DISPLAY_H

#include "pci/rom/verdict.h"
#include "vm/boot/firmware_find.h"
#include "vm/devices/assigned.h"

/*
 * Whether firmware of @kind shows a picture on the function @target, if that is a display: through
 * its option ROM (@rom; NULL: it has none) or with a driver of the firmware. If not, returns false
 * and sets @why to a sentence, without a full stop, that says what would help.
 */
bool firmware_shows(enum firmware_kind kind, const struct rom_target *target, const struct rom *rom,
	char *why, size_t size);

/* Reads the ROMs and warns of each display that stays dark until the guest's driver runs. */
void firmware_check_displays(const struct assigned *assigned, enum firmware_kind kind);

#endif
