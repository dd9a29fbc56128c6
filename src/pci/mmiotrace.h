/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's mmiotrace text format (Documentation/trace/mmiotrace.rst), one event per line, as the
 * kernel writes it and reverse engineering tools read it. Pure; the caller owns the lines.
 */
#ifndef PCI_MMIOTRACE_H
#define PCI_MMIOTRACE_H

#include <stdio.h>

#include "pci/addr.h"
#include "pci/bar.h"

#define MMIOTRACE_TEXT 160

enum mmiotrace_kind {
	MMIOTRACE_OTHER, /* any other line */
	MMIOTRACE_VERSION,
	MMIOTRACE_DEVICE,
	MMIOTRACE_MAP,
	MMIOTRACE_UNMAP,
	MMIOTRACE_READ,
	MMIOTRACE_WRITE,
	MMIOTRACE_MARK,
};

struct mmiotrace_event {
	enum mmiotrace_kind kind;
	u64 us;                    /* by the trace's clock; not set for VERSION and DEVICE */
	unsigned map;              /* MAP, UNMAP, READ, WRITE */
	u64 addr;                  /* MAP, READ, WRITE: physical */
	u64 size;                  /* MAP */
	unsigned width;            /* READ, WRITE: 1 to 8 bytes */
	u64 value;                 /* READ, WRITE; VERSION: the number */
	char text[MMIOTRACE_TEXT]; /* MARK, printable characters only */

	/* DEVICE. The domain is not in the format. */
	struct pci_addr device;
	u16 vendor, id;
	struct pci_bar bars[PCI_REGIONS];
};

#define MMIOTRACE_FORMAT 20070824 /* the only VERSION that exists */

/* Writes a line. Returns 0 or -EIO. */
int mmiotrace_print(FILE *out, const struct mmiotrace_event *event);

/*
 * Reads a line of @size bytes, with or without its newline. A line that is not understood, or that
 * has a number out of range, becomes MMIOTRACE_OTHER.
 */
void mmiotrace_parse(const char *line, size_t size, struct mmiotrace_event *event);

#endif
