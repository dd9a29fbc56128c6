/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The splitter: it splits a text into listings, each with its kind and its records of devices, and
 * merges the records of all listings that agree into one host.
 *
 *	text.c, text_decode.c   convert bytes to lines
 *	wrap.c                  joins lines that mail programs have wrapped
 *	split.c                 decides which listing a line belongs to
 *	listings.c              listings and their records
 *	groups.c, paths.c       IOMMU groups: scripts' lists; find, ls and tree over sysfs
 *	machine.c               lspci -mm and -vmm
 *	tree.c                  lspci -t
 *	table.c                 tables with a header line
 *	kernel.c                the kernel's messages
 *	merge.c                 merges records into devices, and finds contradictions
 *
 * lspci's own records are read by ../lspci_*.c. All of this handles hostile text in time linear in
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

/* A hash map from addresses to their newest records. */
struct addr_map {
	u64 *key;     /* address + 1; 0: free */
	unsigned *at; /* the index that was put */
	unsigned size, used;
};

/* Returns 0 or -ENOMEM. */
int addr_map_put(struct addr_map *map, struct pci_addr addr, unsigned value);
/* HOST_NONE where there is none. */
int addr_map_get(const struct addr_map *map, struct pci_addr addr);
void addr_map_close(struct addr_map *map);

/* What is kept of a record besides its device. */
struct record_note {
	unsigned listing, line;
	bool group_shown;  /* by lspci itself, so that "no group" is known, too */
	bool driver_shown; /* likewise */
	bool group_whole;  /* the group comes from a list that shows all of its members */
};

/* The columns of a table, from its header line. */
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

	int listing;                /* the open listing, HOST_NONE */
	unsigned listing_from;      /* its first record */
	struct lspci_record record; /* lspci's open record; record.dev NULL: none */
	unsigned record_at;         /* its index */
	bool blank;                 /* an empty line has followed the last line that was used */

	int heading;                        /* the group whose devices follow, HOST_NONE */
	unsigned heading_line;              /* the indentation of the heading itself */
	unsigned heading_indent;            /* that of its devices; ~0u before the first */
	unsigned heading_least;             /* the least indentation of the first */
	unsigned heading_devices;           /* with details */
	bool heading_details, heading_seen; /* whether its records have details: the first tells */
	bool has_lead;                      /* there is text before the address in this line */
	bool heading_lead;                  /* there was before the heading's first device */
	bool heading_bare;                  /* its members are bare addresses */
	bool path_groups; /* the heading is a path: bare addresses are its members */

	struct pci_addr slot; /* the slot of the current record of lspci -vmm */
	struct span vendor, subvendor;
	struct table_shape table;
	struct tree_shape tree;
	unsigned ignored_first, ignored_last;
	int ret; /* -ENOMEM, -EFBIG */
};

enum took { TOOK_NOT, TOOK_IT };

/* Opens a listing of a kind unless one is open. Returns whether one is open then. */
bool split_listing(struct splitter *s, enum listing_kind kind);
/* Ends the open listing, and draws the conclusions that need all of it. */
void split_end_listing(struct splitter *s);
/* Whether the open listing is of a kind, or of any that lspci makes for people. */
bool split_is_open(const struct splitter *s, enum listing_kind kind);
bool split_is_lspci(const struct splitter *s);
/* Ends the open lspci record. */
void split_end_record(struct splitter *s);
/*
 * Gets the record of a device in the open listing, or adds one. Returns NULL when memory runs out
 * or there are too many. Valid until the next call.
 */
struct host_dev *split_device(struct splitter *s, struct pci_addr addr);
struct record_note *split_note(struct splitter *s, const struct host_dev *dev);
/* Puts a device into a group, for lists that show all members of a group. */
void split_group(struct splitter *s, struct pci_addr addr, unsigned group);
/* Keeps a text. */
const char *split_keep(struct splitter *s, struct span text);

/* Each uses a line if it is of its kind. */
enum took groups_line(struct splitter *s, struct span line);
enum took paths_line(struct splitter *s, struct span line);
enum took machine_line(struct splitter *s, struct span line);
enum took records_line(struct splitter *s, struct span line);
enum took tree_line(struct splitter *s, struct span raw);
enum took table_line(struct splitter *s, struct span raw);
enum took kernel_line(struct splitter *s, struct span line);

/* Reads the line after the current one into s->next. */
void split_peek(struct splitter *s);
/* The current line, joined with those that it was wrapped into. */
struct span split_join(struct splitter *s);
/* "Kernel driver in use:", "LnkCap:": words and a colon. */
bool text_is_labelled(struct span line);

/* Reads "10de" or "0x10de": exactly four digits. */
bool text_hex16(struct span text, u16 *value);

/*
 * Finds a head line of lspci anywhere in a line such as "IOMMU Group 7 01:00.0 VGA ...". @lead gets
 * the text before it. Returns false if there is none.
 */
bool split_find_head(
	struct splitter *s, struct span line, struct lspci_head *head, struct span *lead);
/* Begins a record of lspci. @group: the one that its line names, or HOST_NONE. */
void split_begin(struct splitter *s, const struct lspci_head *head, int group);

/* The group that the text before an address names, or HOST_NONE. */
int groups_in_lead(struct span lead);
/*
 * Begins the list of a group's members in the following lines. @path: the heading is a directory of
 * sysfs.
 */
void groups_open(struct splitter *s, unsigned group, bool path);

/*
 * Merges the records of the listings that agree into devices of @host, sorted by address. Returns 0
 * or -ENOMEM.
 */
int merge_records(struct splitter *s, struct host *host);
/* Concludes what only the whole PCI tree tells: which groups are shown with all their members. */
void merge_conclude(struct host *host, struct reading *reading);

#endif
