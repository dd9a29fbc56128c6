/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy VGA: ports 3B0h-3BBh and 3C0h-3DFh and memory A0000h-BFFFFh, which each VGA card answers
 * to, so that only one may have them at a time. Who has them now, by the arbiter's account and by
 * what bridges and cards are set to. Pure.
 */
#ifndef HOST_FACTS_VGA_H
#define HOST_FACTS_VGA_H

#include "host/facts/host.h"

enum vga_resource { VGA_IO = 1, VGA_MEM = 2 };

/* One line of the arbiter: "count:2,PCI:0000:01:00.0,decodes=io+mem,owns=none,locks=none(0:0)". */
struct vga_line {
	unsigned count; /* of the cards that decode any of it */
	struct pci_addr addr;
	u8 decodes, owns, locks;      /* enum vga_resource */
	unsigned io_locks, mem_locks; /* how often it is locked, by anyone */
};

/* Returns 0 or -EINVAL. */
int vga_parse(const char *text, struct vga_line *line);

/* "io+mem", "io", "mem", "none". */
const char *vga_resource_name(u8 resources);

/* Whether VGA accesses get from the root bus as far as the bus of @dev. */
struct vga_path {
	bool known;    /* the registers of all bridges above were readable */
	bool open;     /* all of them forward VGA */
	int closed_at; /* the uppermost bridge that does not, HOST_NONE */
};

struct vga_path vga_path_of(const struct host *host, unsigned dev);

/* A bridge's registers. False where they are not known. */
bool vga_bridge(const struct host_dev *bridge, bool *forwards, bool *decodes_16_bits);

/* What of I/O and memory the card answers to at all (its command register); -1: not known. */
int vga_decoding(const struct host_dev *dev);

/* A card with legacy VGA: class 0300. */
bool vga_is_card(const struct host_dev *dev);

/* Intel's graphics go on answering to legacy VGA while i915 or xe has them, whoever wants it. */
bool vga_keeps_answering(const struct host_dev *dev);
/* Its driver has told the arbiter that it does without legacy VGA. */
bool vga_steps_back(const struct host_dev *dev);

#endif
