/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record of lspci, line by line: the line that starts it (lspci_ids.c), a line within it
 * (lspci_detail.c, lspci_caps.c), a line of its hex dump (lspci_hex.c). text/split.c decides which
 * lines are a record's. Everything here takes hostile text.
 */
#ifndef HOST_SCAN_LSPCI_H
#define HOST_SCAN_LSPCI_H

#include "host/facts/host.h"
#include "pci/names.h"

/* A piece of text that does not end with NUL. */
struct span {
	const char *at;
	size_t len;
};

bool span_starts(struct span s, const char *prefix);
/* As span_starts(), and moves behind the prefix. */
bool span_skip(struct span *s, const char *prefix);
/* What comes after the first @needle, "" if there is none. */
struct span span_after(struct span s, const char *needle);
bool span_has(struct span s, const char *needle);
struct span span_trim(struct span s);
/* A number at the start, in base 10 or 16. Returns the digits that it has, at most @most. */
unsigned span_number(struct span s, unsigned base, unsigned most, u64 *value);

/* The capability whose lines are being read. */
enum lspci_in {
	IN_HEAD,  /* before the first */
	IN_OTHER, /* one that says nothing here */
	IN_PM,
	IN_EXPRESS,
	IN_ACS,
	IN_SRIOV,
};

/* What the first line of a record says. */
struct lspci_head {
	struct pci_addr addr;
	int class; /* base and sub class; -1: it has words that name none */
	struct span name;
	bool has_ids; /* given before the address, as some scripts do */
	u16 vendor, device;
};

struct addr_map;

/* The record being read. */
struct lspci_record {
	struct host *host;
	struct pci_names *names;
	const struct addr_map *records; /* to indices of host->devs, for the paths of -P */
	struct host_dev *dev;           /* NULL: none is open */
	unsigned indent;                /* of the head line */
	enum lspci_in in;
	bool verbose;      /* a line that only lspci -v prints: had it capabilities, they follow */
	bool has_list;     /* its status register says that it has capabilities */
	bool listed;       /* and some were shown */
	bool denied;       /* the list could not be read */
	bool driver_shown; /* a line that tells the driver, or that there is none */
	bool group_shown;  /* a line of lspci's own that tells the group */
	bool headed;       /* the group is that of the heading above */
	unsigned next_bar; /* where -v prints regions without numbers */
	u16 *acs_bits;     /* which ACS register the last line showed, for its continuation */
	bool in_doubt;     /* a line that may have been a head waits for one that proves it */
	struct lspci_head doubtful;
	u8 *config; /* hex dump; PCI_CONFIG_SIZE bytes, NULL before its first line */
	unsigned config_end;
};

/*
 * Reads "01:00.0 VGA compatible controller [0300]: Name [10de:2204] (rev a1)". Returns false
 * where it is no such line. With words that name no class it may be prose.
 */
bool lspci_head(const struct lspci_record *record, struct span line, struct lspci_head *head);

/* Takes ids, revision and interface out of a head line's name, and the rest as the name. */
void lspci_name(struct lspci_record *record, struct span text);

/* "[140 v1] Access Control Services", and the lines below it (lspci_caps.c). */
void lspci_open_capability(struct lspci_record *record, struct span line);
void lspci_capability_line(struct lspci_record *record, struct span line);

/* One line within a record, its indentation gone. Returns whether it is one that it knows. */
bool lspci_detail(struct lspci_record *record, struct span line);

/*
 * One line of a hex dump, "10: de ad ...". Returns false where it is none. Without a host in
 * @record it only looks.
 */
bool lspci_hex(struct lspci_record *record, struct span line);

#endif
