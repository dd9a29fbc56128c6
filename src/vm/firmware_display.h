/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the firmware will show anything on the cards that the guest has. */
#ifndef VM_FIRMWARE_DISPLAY_H
#define VM_FIRMWARE_DISPLAY_H

#include "vm/boot/firmware_find.h"
#include "vm/cards.h"

/*
 * Warns of each display that stays dark until the guest's own driver runs, because firmware of
 * @kind finds no driver for it in its option ROM, and says what would help. Reads the ROMs.
 */
void firmware_check_displays(const struct cards *cards, enum firmware_kind kind);

#endif
