/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses one record of lspci line by line: the line that starts it (lspci_ids.c), a line within it
 * (lspci_detail.c, lspci_caps.c), a line of its hex dump (lspci_hex.c). text/split.c decides which
 * lines belong to a record. All of this handles hostile text.
 */
#ifndef HOST_SCAN_LSPCI_H
#define HOST_SCAN_LSPCI_H

#include "host/facts/host.h"
#include "pci/names.h"

/* A piece of text, not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

bool span_starts(struct span s, const char *prefix);
/* As span_starts(), and skips the prefix. */
bool span_skip(struct span *s, const char *prefix);
/* The text after the first @needle, "" if there is none. */
struct span span_after(struct span s, const char *needle);
bool span_has(struct span s, const char *needle);
struct span span_trim(struct span s);
/*
 * Reads a number at the start, in base 10 or 16, of at most @most digits. Returns how many it has.
 */
unsigned span_number(struct span s, unsigned base, unsigned most, u64 *value);

/* The capability whose lines are being read. */
enum lspci_in {
	IN_HEAD,  /* before the first capability */
	IN_OTHER, /* one that is not parsed */
	IN_PM,
	IN_EXPRESS,
	IN_ACS,
	IN_SRIOV,
};

/* The first line of a record. */
struct lspci_head {
	struct pci_addr addr;
	int class; /* base and sub class; -1: the name is not a known class */
	struct span name;
	bool has_ids; /* given before the address, as some scripts do */
	u16 vendor, device;
};

struct addr_map;

/* The record that is being read. */
struct lspci_record {
	struct host *host;
	struct pci_names *names;
	const struct addr_map *records; /* indices of host->devs, for the paths of -P */
	struct host_dev *dev;           /* NULL: none is open */
	unsigned indent;                /* of the head line */
	enum lspci_in in;
	bool verbose;      /* a line shows that it is from lspci -v */
	bool has_list;     /* its status register says that it has capabilities */
	bool listed;       /* capabilities were shown */
	bool denied;       /* the list could not be read */
	bool driver_shown; /* a line shows the driver, or that there is none */
	bool group_shown;  /* a line of lspci itself shows the group */
	bool headed;       /* the group comes from the heading above */
	unsigned next_bar; /* the next BAR, for regions without numbers */
	u16 *acs_bits;     /* the ACS register of the last line, which may continue */
	bool in_doubt;     /* its first line may have been prose; the next lines decide */
	struct lspci_head doubtful;
	u8 *config; /* hex dump; PCI_CONFIG_SIZE bytes, NULL before its first line */
	unsigned config_end;
};

/*
 * Reads "01:00.0 VGA compatible controller [0300]: Name [10de:2204] (rev a1)". Returns false for
 * any other line. If its class name is unknown, the line may be prose.
 */
bool lspci_head(const struct lspci_record *record, struct span line, struct lspci_head *head);

/* Parses ids, revision and interface in a head line's name, and stores the rest as the name. */
void lspci_name(struct lspci_record *record, struct span text);

/* Parse "[140 v1] Access Control Services" and the lines below it (lspci_caps.c). */
void lspci_open_capability(struct lspci_record *record, struct span line);
void lspci_capability_line(struct lspci_record *record, struct span line);

/* Parses one line within a record, without its indentation. Returns whether the line is known. */
bool lspci_detail(struct lspci_record *record, struct span line);

/*
 * Parses one line of a hex dump, "10: de ad ...". Returns false for any other line. Without a host
 * in @record it only recognises the line.
 */
bool lspci_hex(struct lspci_record *record, struct span line);

#endif
