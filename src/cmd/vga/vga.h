/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon vga`. */
#ifndef CMD_VGA_VGA_H
#define CMD_VGA_VGA_H

#include <json-c/json.h>

#include "cmd/source/view.h"
#include "host/facts/vga.h"
#include "kernel/vga_arbiter.h"

#define VGA_MAX_CARDS   64
#define VGA_MAX_REMARKS 8

struct vga_card {
	unsigned dev;
	struct vga_path path;
	int decoding;    /* enum vga_resource, -1 not known */
	bool arbitrated; /* the arbiter answered for this card, with @line */
	struct vga_line line;
	bool hindered;                        /* a guest cannot have its legacy VGA at present */
	const char *remarks[VGA_MAX_REMARKS]; /* sentences without full stops */
	unsigned nr_remarks;
};

struct vga_show {
	struct view view;
	struct vga_card cards[VGA_MAX_CARDS];
	unsigned count;
	bool asked;        /* the arbiter answered */
	char why_not[256]; /* the reason if it did not */
	bool has_default;
	struct vga_line default_card;
	bool vfio_disables; /* vfio_pci.disable_vga=1 */
	const char *remarks[VGA_MAX_REMARKS];
	unsigned nr_remarks;
};

/* Fills in the remarks and sets vga_card.hindered. */
void vga_conclude(struct vga_show *show);

/* Prints the report to standard output. */
void vga_print(struct vga_show *show);
struct json_object *vga_json(struct vga_show *show);

#endif
