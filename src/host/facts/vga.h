/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy VGA: ports 3B0h-3BBh and 3C0h-3DFh and memory A0000h-BFFFFh. Every VGA card decodes them,
 * so they may be routed to only one at a time. Finds out to which, from the arbiter's lines and
 * from the registers of bridges and cards. Pure.
 */
#ifndef HOST_FACTS_VGA_H
#define HOST_FACTS_VGA_H

#include "host/facts/host.h"

enum vga_resource { VGA_IO = 1, VGA_MEM = 2 };

/* One line of the arbiter: "count:2,PCI:0000:01:00.0,decodes=io+mem,owns=none,locks=none(0:0)". */
struct vga_line {
	unsigned count; /* the number of cards that decode any of it */
	struct pci_addr addr;
	u8 decodes, owns, locks;      /* enum vga_resource */
	unsigned io_locks, mem_locks; /* how often it is locked, by all users together */
};

/* Returns 0 or -EINVAL. */
int vga_parse(const char *text, struct vga_line *line);

/* "io+mem", "io", "mem", "none". */
const char *vga_resource_name(u8 resources);

/* Whether VGA accesses on the root bus reach the bus of @dev. */
struct vga_path {
	bool known;    /* the registers of all bridges above were readable */
	bool open;     /* all of them forward VGA */
	int closed_at; /* the uppermost bridge that does not, HOST_NONE */
};

struct vga_path vga_path_of(const struct host *host, unsigned dev);

/* Reads a bridge's registers. Returns false if they are not known. */
bool vga_bridge(const struct host_dev *bridge, bool *forwards, bool *decodes_16_bits);

/* Which of I/O and memory the card decodes (its command register); -1: not known. */
int vga_decoding(const struct host_dev *dev);

/* A card with legacy VGA: class 0300. */
bool vga_is_card(const struct host_dev *dev);

/*
 * Whether no other function is a display (virtual functions are none). Meaningful where the source
 * shows the whole host: host_shows_root().
 */
bool vga_is_only_display(const struct host *host, unsigned dev);

/* Whether the card keeps decoding legacy VGA: Intel graphics do while bound to i915 or xe. */
bool vga_keeps_answering(const struct host_dev *dev);
/* Whether its driver has told the arbiter that it does not need legacy VGA. */
bool vga_steps_back(const struct host_dev *dev);

#endif
