/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the checks: the facts that they get, and how they report findings. The head of
 * check_table.inc says how to add a check.
 */
#ifndef HOST_CHECK_CHECK_INTERNAL_H
#define HOST_CHECK_CHECK_INTERNAL_H

#include "host/check/check.h"

/* What a check gets: the facts, the report, and the device if the check is about one. */
struct look {
	struct report *report;
	const struct check_facts *facts;
	const struct check *check;
	const struct host *host;
	const struct platform *platform; /* never NULL in a check that NEEDS_PLATFORM */
	const struct uses *uses;         /* likewise with NEEDS_USES */
	const struct host_dev *d;        /* the device; NULL for the host */
	unsigned dev;
	char name[PCI_ADDR_SIZE]; /* its address */
};

/* Facts that may be NULL in struct check_facts and that a check needs. */
enum check_needs { NEEDS_PLATFORM = 1, NEEDS_USES = 2 };

enum check_subject { CHECK_HOST, CHECK_DEVICE };

struct check {
	const char *name; /* stable, a-z and dashes */
	const char *title;
	enum check_subject subject;
	unsigned needs; /* bits of enum check_needs */
	void (*look)(struct look *look);
};

/* Adds a finding; the next two say more about the last one. */
void found(struct look *look, enum severity severity, const char *fmt, ...) PRINTF(3, 4);
void evidence(struct look *look, const char *file, const char *fmt, ...) PRINTF(3, 4);
void fix(struct look *look, const char *fmt, ...) PRINTF(2, 3);

/* Formats a text that lives as long as the report. Returns "" when memory runs out. */
const char *look_text(struct look *look, const char *fmt, ...) PRINTF(2, 3);
/* The path of a file in a device's directory. */
const char *look_file(struct look *look, const struct host_dev *dev, const char *file);
/* The kernel's driver for the device, or "no driver". */
const char *look_driver(const struct host_dev *dev);
/*
 * Where a person finds the host's settings: "the firmware's setup", or the like for virtual
 * machines.
 */
const char *look_setup(const struct look *look);
/* On a virtual machine, adds what its own host must provide. Returns false on others. */
bool fix_outer_kvm(struct look *look);
bool fix_outer_iommu(struct look *look);
/* Whether a device is among those that are to be assigned. */
bool look_goes(const struct look *look, unsigned dev);

#define CHECK(function, name, title, subject, needs) void function(struct look *look);
#include "host/check/check_table.inc"
#undef CHECK

#endif
