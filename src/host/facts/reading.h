/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was read from a text: the listings that were found in it, the lines that belong to none of
 * them, and contradictions between listings. Lives as long as the host that was read from the text;
 * read-only. Line numbers begin with 1.
 */
#ifndef HOST_FACTS_READING_H
#define HOST_FACTS_READING_H

#include "base/types.h"

enum listing_kind {
	LISTING_LSPCI,         /* addresses and names */
	LISTING_LSPCI_DRIVERS, /* with drivers: -k */
	LISTING_LSPCI_VERBOSE, /* -v to -vvvxxxx */
	LISTING_LSPCI_MACHINE, /* -mm */
	LISTING_LSPCI_RECORDS, /* -vmm */
	LISTING_LSPCI_TREE,    /* -t */
	LISTING_GROUPS,        /* a script's list of groups */
	LISTING_PATHS,         /* find, ls or tree over /sys/kernel/iommu_groups */
	LISTING_TABLE,         /* a table of another tool with a header line */
	LISTING_KERNEL,        /* the kernel's messages */
	LISTING_KINDS,
};

struct listing {
	enum listing_kind kind;
	unsigned first, last; /* lines */
	unsigned nr_devices;
	bool used; /* false: it contradicts those that were used */
};

/* Consecutive lines that say nothing of devices. */
struct ignored {
	unsigned first, last;
	const char *text; /* how the first begins */
};

/* Two listings that cannot both be true for one host at the same time. */
struct contradiction {
	unsigned line, other_line; /* the line in the listing that is used, and in the other */
	const char *text;          /* a sentence, no full stop */
};

#define READING_KEPT 32 /* how many of each kind are kept; the others are only counted */

struct reading {
	struct listing *listings;
	unsigned nr_listings;
	struct ignored ignored[READING_KEPT];
	unsigned nr_ignored; /* kept ones */
	unsigned ignored_lines;
	struct contradiction contradictions[READING_KEPT];
	unsigned nr_contradictions; /* kept ones */
	unsigned nr_lines;
	/* What the kernel's messages say of the host as a whole; NULL if they say nothing. */
	const char *hypervisor; /* that this kernel runs under: "KVM", "Xen PV" */
	const char *remapping;  /* the line that says that interrupts are remapped */
	const char *iommu_on;   /* a line that only a kernel with an IOMMU writes */
	const char *iommu_off;  /* a line that says that there is none */
};

/* "lspci -vvv", "list of groups", ...: for messages. */
const char *listing_title(enum listing_kind kind);
/* "lspci", "lspci-drivers", ...: stable, for JSON. */
const char *listing_name(enum listing_kind kind);

#endif
