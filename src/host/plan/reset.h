/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a device can be reset, best way first. The order is not the kernel's, which prefers quick
 * resets, but prefers those that recover graphics cards. Pure; the caller owns a struct reset_plan
 * and frees it with reset_plan_close().
 */
#ifndef HOST_PLAN_RESET_H
#define HOST_PLAN_RESET_H

#include "host/plan/plan.h"

enum reset_method {
	RESET_DEVICE_SPECIFIC, /* a procedure of the kernel or a module for this very device */
	RESET_FLR,             /* function level reset, of PCI Express */
	RESET_AF_FLR,          /* the same for conventional PCI */
	RESET_SLOT,            /* VFIO resets the link above: all functions of the card at once */
	RESET_BUS,             /* the kernel resets the link above: for a function that is alone */
	RESET_CXL_BUS,
	RESET_ACPI, /* a method of the firmware */
	RESET_PM,   /* to D3hot and back, which many cards ignore */
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
	/* The other devices that a reset of the bus affects. */
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
 * @wanted: the method to use, or -1 for the best. @failed: a bit for each method that was tried and
 * failed. Returns 0 or -ENOMEM.
 */
int reset_plan(struct reset_plan *plan, const struct reset_facts *facts, unsigned dev, int wanted,
	u32 failed);
void reset_plan_close(struct reset_plan *plan);

/* "device_specific", "flr", ..., as the kernel names them; "slot" is VFIO's hot reset. */
const char *reset_method_name(enum reset_method method);
/* Returns the method or -EINVAL. */
int reset_method_find(const char *name);

#endif
