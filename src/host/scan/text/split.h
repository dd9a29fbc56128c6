/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The splitter: a text becomes listings, each with its kind and its records of devices, and the
 * records of all listings that agree become one host.
 *
 *	text.c, text_decode.c   bytes to lines
 *	wrap.c                  lines that mail has wrapped
 *	split.c                 whose line it is
 *	listings.c              listings and their records
 *	groups.c, paths.c       IOMMU groups: scripts' lists; find, ls and tree over sysfs
 *	machine.c               lspci -mm and -vmm
 *	tree.c                  lspci -t
 *	table.c                 tables with a header line
 *	kernel.c                the kernel's messages
 *	merge.c                 records to devices, and contradictions
 *
 * lspci's own records are read by ../lspci_*.c. Everything here takes hostile text and is linear in
 * its size.
 */
#ifndef HOST_SCAN_TEXT_SPLIT_H
#define HOST_SCAN_TEXT_SPLIT_H

#include "host/facts/reading.h"
#include "host/scan/text/text.h"

/* More records than any text of a host has. */
#define MAX_RECORDS (64 * 1024)
#define MAX_CELLS   24
#define TREE_WIDTH  256

/* Where the newest record of each address is. */
struct addr_map {
	u64 *key;     /* address + 1; 0: free */
	unsigned *at; /* what was put */
	unsigned size, used;
};

/* Returns 0 or -ENOMEM. */
int addr_map_put(struct addr_map *map, struct pci_addr addr, unsigned value);
/* HOST_NONE where there is none. */
int addr_map_get(const struct addr_map *map, struct pci_addr addr);
void addr_map_close(struct addr_map *map);

/* What is kept of a record beside its device. */
struct record_note {
	unsigned listing, line;
	bool group_shown;  /* by lspci itself, which shows that there is none, too */
	bool driver_shown; /* likewise */
	bool group_whole;  /* the group comes from a list that shows all of its members */
};

/* Devices that a header line names the columns of. */
struct table_shape {
	bool active;
	signed char address, group, vendor, device, class, name, driver;
	unsigned nr_cells;
};

/* Buses by the column in which lspci -t draws their devices. */
struct tree_shape {
	bool active;
	struct tree_bus {
		bool valid;
		u32 domain;
		u8 bus;
	} bus[TREE_WIDTH];
};

struct splitter {
	struct host *raw; /* its devices are the records, in the order of the text */
	struct record_note *notes;
	struct reading *reading;
	struct addr_map map; /* to the newest record of an address */
	struct text text;
	struct text_line line;
	struct text_line next; /* peeked */
	bool has_next;
	char *joined; /* a line with the one that it was wrapped into */

	int listing;                /* the open one, HOST_NONE */
	unsigned listing_from;      /* its first record */
	struct lspci_record record; /* of lspci; record.dev NULL: none is open */
	unsigned record_at;         /* its index */
	bool blank;                 /* an empty line has been since the last line that was taken */

	int heading;                        /* the group whose devices follow, HOST_NONE */
	unsigned heading_line;              /* how far it is drawn in itself */
	unsigned heading_indent;            /* its devices; ~0u before the first */
	unsigned heading_least;             /* what the first has to have */
	unsigned heading_devices;           /* with details */
	bool heading_details, heading_seen; /* whether its records have details: the first tells */
	bool has_lead;                      /* something is before the address in this line */
	bool heading_lead;                  /* and was with the heading's first device */
	bool heading_bare;                  /* its members came as bare addresses */
	bool path_groups; /* the heading is a path: bare addresses are its members */

	struct pci_addr slot; /* of the record of -vmm */
	struct span vendor, subvendor;
	struct table_shape table;
	struct tree_shape tree;
	unsigned ignored_first, ignored_last;
	int ret; /* -ENOMEM, -EFBIG */
};

enum took { TOOK_NOT, TOOK_IT };

/* Opens a listing of a kind if none of it is open. Returns whether there is one then. */
bool split_listing(struct splitter *s, enum listing_kind kind);
/* Ends the open one, with what is concluded from what it shows elsewhere. */
void split_end_listing(struct splitter *s);
/* Whether the open listing is of a kind, or of any that lspci makes for people. */
bool split_is_open(const struct splitter *s, enum listing_kind kind);
bool split_is_lspci(const struct splitter *s);
/* Ends the open record of lspci. */
void split_end_record(struct splitter *s);
/*
 * The record of a device in the open listing, a new one or the one that it has. NULL without
 * memory, or if there are too many. Valid until the next.
 */
struct host_dev *split_device(struct splitter *s, struct pci_addr addr);
struct record_note *split_note(struct splitter *s, const struct host_dev *dev);
/* Puts a device into a group, as a list that shows all members of it does. */
void split_group(struct splitter *s, struct pci_addr addr, unsigned group);
/* Keeps a text. */
const char *split_keep(struct splitter *s, struct span text);

/* Each takes a line if it is one of its kind. */
enum took groups_line(struct splitter *s, struct span line);
enum took paths_line(struct splitter *s, struct span line);
enum took machine_line(struct splitter *s, struct span line);
enum took records_line(struct splitter *s, struct span line);
enum took tree_line(struct splitter *s, struct span raw);
enum took table_line(struct splitter *s, struct span raw);
enum took kernel_line(struct splitter *s, struct span line);

/* Reads the line behind the open one into s->next. */
void split_peek(struct splitter *s);
/* The open line, with those that it was wrapped into. */
struct span split_join(struct splitter *s);
/* "Kernel driver in use:", "LnkCap:": words and a colon. */
bool text_is_labelled(struct span line);

/* "10de", "0x10de": four digits and no more. */
bool text_hex16(struct span text, u16 *value);

/*
 * A head of lspci's shape anywhere in a line, "IOMMU Group 7 01:00.0 VGA ...": what comes before it
 * is @lead. Returns false where there is none.
 */
bool split_find_head(
	struct splitter *s, struct span line, struct lspci_head *head, struct span *lead);
/* Begins a record of lspci, in a group that its line names or HOST_NONE. */
void split_begin(struct splitter *s, const struct lspci_head *head, int group);

/* The group that the text before an address names, HOST_NONE. */
int groups_in_lead(struct span lead);
/* The lines that follow are the members of a group. @path: it is a directory of sysfs. */
void groups_open(struct splitter *s, unsigned group, bool path);

/*
 * Records to devices of @host, sorted by address, from the listings that agree. Returns 0 or
 * -ENOMEM.
 */
int merge_records(struct splitter *s, struct host *host);
/* What only the whole tree tells: which groups are shown with all of their members. */
void merge_conclude(struct host *host, struct reading *reading);

#endif
