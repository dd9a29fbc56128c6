/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a host is ready for device assignment: a table of checks, each for one known problem. A
 * check reports that the problem exists, that it does not, or that the source does not tell; it
 * never guesses. Pure: it turns facts into findings and opens no file.
 *
 * The caller owns a struct report and frees it with report_close(); its texts live as long as it
 * does. It keeps no pointers to the facts. Any thread.
 */
#ifndef HOST_CHECK_CHECK_H
#define HOST_CHECK_CHECK_H

#include "host/facts/platform.h"
#include "host/groups/groups.h"
#include "host/plan/plan.h"

enum severity {
	SEVERITY_OK,
	SEVERITY_INFO,    /* worth knowing; nothing to do */
	SEVERITY_UNKNOWN, /* the source does not hold the facts, or rights are missing */
	SEVERITY_WARN,    /* it may go wrong, or is unsafe */
	SEVERITY_FAIL,    /* it does not work as it is */
	SEVERITY_COUNT,
};

/* The facts that checks use. uses, platform and modules are NULL if the source has none. */
struct check_facts {
	const struct host *host;
	const struct groups *kernel;    /* empty where not known */
	const struct groups *predicted; /* with reasons */
	const struct uses *uses;
	const struct platform *platform;
	const struct modules *modules;
	const struct plan_rom *roms;
	unsigned nr_roms;
	const unsigned *devs; /* the devices that are to be assigned */
	unsigned nr_devs;
	u64 memory; /* of the planned guest, bytes */
	enum plan_mode mode;
};

struct check;

#define FINDING_EVIDENCE 12

struct finding {
	const struct check *check;
	enum severity severity;
	int dev;          /* index into host->devs; HOST_NONE: the host */
	const char *text; /* a sentence, no full stop */
	const char *fix;  /* what to do on this host; NULL: nothing */
	struct {
		const char *file; /* the file on the host that shows it, or another source */
		const char *said;
	} evidence[FINDING_EVIDENCE];
	unsigned nr_evidence;
};

struct report {
	struct finding
		*findings; /* the host's first, then device by device, in the table's order */
	unsigned count;
	unsigned counts[SEVERITY_COUNT];
	struct arena memory; /* for its texts; ->failed: memory ran out */
};

/* Runs all checks. Returns 0 or -ENOMEM; call report_close() in both cases. */
int report_make(struct report *report, const struct check_facts *facts);
/* May be called on a zeroed one, and more than once. */
void report_close(struct report *report);

/*
 * Whether the host is ready: no check failed or warned, and it is known who shares the devices'
 * groups.
 */
bool report_is_ready(const struct report *report);

/* Stable names, for JSON. */
const char *check_name(const struct check *check);
const char *check_title(const struct check *check);
const char *severity_name(enum severity severity);

/* The check at an index of the table; NULL after the last. */
const struct check *check_at(unsigned number);

#endif
