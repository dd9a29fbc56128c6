/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon list`. */
#ifndef CMD_LIST_LIST_H
#define CMD_LIST_LIST_H

#include "cmd/source/view.h"

/*
 * Fills view->rom with what the option ROMs contain, if that can be read without touching the
 * device. @on_demand: also reads ROMs for which the device must be touched. Returns 0 or -ENOMEM.
 */
int list_read_roms(struct view *view, bool on_demand);

/*
 * One word for a device's option ROM: "legacy", "efi", "both", "none", "shadowed" (only the copy at
 * C0000h can be read), "present" (not read) or "unknown".
 */
const char *list_rom(const struct view *view, unsigned index);

void list_table(struct view *view, const unsigned *order, unsigned count);
void list_json(struct view *view, const unsigned *order, unsigned count);
/* All devices as a tree with their groups. */
void list_tree(struct view *view);
void list_tree_json(struct view *view);
/* The host's USB devices, which are no part of a view. Returns 0 or -errno. */
int list_usb(const struct source_args *source, struct err *err);

#endif
