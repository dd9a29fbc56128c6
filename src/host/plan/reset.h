/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a device could be reset, the best way first: not the kernel's order, which prefers what is
 * quick, but the one in which graphics cards come back. Pure; the caller owns a struct
 * reset_plan and ends it with reset_plan_close().
 */
#ifndef HOST_PLAN_RESET_H
#define HOST_PLAN_RESET_H

#include "host/plan/plan.h"

enum reset_method {
	RESET_DEVICE_SPECIFIC, /* a procedure for this very device, of the kernel or a module */
	RESET_FLR,             /* function level reset, of PCI Express */
	RESET_AF_FLR,          /* the same of conventional PCI */
	RESET_SLOT,            /* the link above, by VFIO: all functions of the card at once */
	RESET_BUS,             /* the link above, by the kernel: for a function that is alone */
	RESET_CXL_BUS,
	RESET_ACPI, /* a method of the firmware */
	RESET_PM,   /* to sleep and back, which many cards ignore */
	RESET_METHODS,
};

struct reset_way {
	enum reset_method method;
	bool usable;
	const char *why; /* why it is better or worse, or cannot be used; no full stop */
};

struct reset_plan {
	unsigned dev;
	struct reset_way ways[RESET_METHODS]; /* the best first */
	unsigned nr_ways;
	int chosen; /* index into ways, -1: none */
	/* What a reset of the bus takes along, itself left out. */
	unsigned *company;
	unsigned nr_company;
	const char *remark; /* what is known of this kind of card; NULL */
	struct plan base;   /* the operations, for act_reset(), and the objections */
};

struct reset_facts {
	const struct host *host;
	const struct uses *uses; /* NULL: not known */
	bool vendor_reset;       /* the module is loaded */
};

/*
 * @wanted: the method to take, or -1 for the best. @failed: a bit for each that was tried in
 * vain. Returns 0 or -ENOMEM.
 */
int reset_plan(struct reset_plan *plan, const struct reset_facts *facts, unsigned dev, int wanted,
	u32 failed);
void reset_plan_close(struct reset_plan *plan);

/* "device_specific", "flr", ..., as the kernel has them; "slot" is of VFIO. */
const char *reset_method_name(enum reset_method method);
/* Returns the method or -EINVAL. */
int reset_method_find(const char *name);

#endif
