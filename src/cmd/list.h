/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon list`. */
#ifndef CMD_LIST_H
#define CMD_LIST_H

#include "cmd/view.h"

/* What is known of a device's option ROM, as one word for the table and JSON. */
const char *list_rom(const struct host_dev *dev);

/* The shown devices, graphics cards first; returns how many, in @order. */
unsigned list_order(const struct host *host, unsigned *order);

void list_table(struct view *view, const unsigned *order, unsigned count);
void list_json(struct view *view, const unsigned *order, unsigned count);
/* All devices as a tree with their groups. */
void list_tree(struct view *view);
void list_tree_json(struct view *view);

#endif
