/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explains why devices share a group: each place at which isolation is lost, once, with what is
 * missing there. Pure; the caller owns a struct why and frees it with why_close().
 */
#ifndef HOST_GROUPS_WHY_H
#define HOST_GROUPS_WHY_H

#include "host/groups/groups.h"
#include "host/groups/isolation.h"

#define WHY_TEXT 640

/* How the kernel's group differs from the one predicted from config space. */
enum why_difference {
	WHY_SAME,
	WHY_OVERRIDE,      /* pcie_acs_override on the kernel's command line */
	WHY_MISSING_FACTS, /* the source lacks facts that the kernel had */
	WHY_FINER,         /* the kernel separates what the prediction joins */
	WHY_COARSER,       /* the kernel joins what the prediction separates */
};

struct why_line {
	enum join_reason reason;
	int at;              /* the device at which isolation is lost, HOST_NONE */
	char text[WHY_TEXT]; /* a sentence without its full stop */
};

struct why {
	struct why_line *line;
	unsigned count;
	enum why_difference difference; /* if there is one, the last line explains it */
};

/*
 * Explains a group, the kernel's or a predicted one; @predicted holds the reasons. A group of one
 * device gets one line, which says that it is alone. Returns 0 or -ENOMEM.
 */
int why_group(const struct host *host, const struct groups *predicted, const struct groups *groups,
	const struct group *group, struct why *why);
void why_close(struct why *why);

/*
 * The device at which isolation is lost for @dev; the first one of functions that share a group.
 * HOST_NONE if nothing forced @dev into a group.
 */
int why_place(const struct host *host, const struct groups *predicted, unsigned dev);

/* The stable name of a reason: "port-without-acs" and so on, for JSON. */
const char *why_reason_name(enum join_reason reason);
const char *why_difference_name(enum why_difference difference);

/* "root port", "conventional PCI bridge", "endpoint", ...: a string constant. */
const char *why_kind(const struct host *host, const struct host_dev *dev);

/* Says why a device isolates or not: "ACS lacks request redirect (RR)". Returns @text. */
#define WHY_ISOLATION_TEXT 320
char *why_isolation(const struct isolation *is, char text[WHY_ISOLATION_TEXT]);
/* Its stable name for JSON. */
const char *why_isolation_name(enum isolation_reason reason);

#endif
