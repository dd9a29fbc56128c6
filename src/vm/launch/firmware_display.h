/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the firmware will show anything on the cards that the guest has. */
#ifndef VM_LAUNCH_FIRMWARE_DISPLAY_H
#define VM_LAUNCH_FIRMWARE_DISPLAY_H

#include "pci/rom/verdict.h"
#include "vm/boot/firmware_find.h"
#include "vm/devices/assigned.h"

/*
 * Whether firmware of @kind shows something on the function @target, if that is a display: by its
 * option ROM (@rom, NULL: it has none), or by a driver of its own. False with @why set, a sentence
 * without full stop that says what would help.
 */
bool firmware_shows(enum firmware_kind kind, const struct rom_target *target, const struct rom *rom,
	char *why, size_t size);

/* Warns of each display that stays dark until the guest's own driver runs. Reads the ROMs. */
void firmware_check_displays(const struct assigned *assigned, enum firmware_kind kind);

#endif
