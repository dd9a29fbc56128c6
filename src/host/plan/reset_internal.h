/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of a reset's plan: the ways that there are, and the choice among them. */
#ifndef HOST_PLAN_RESET_INTERNAL_H
#define HOST_PLAN_RESET_INTERNAL_H

#include "host/plan/reset.h"

/* A look at one device, of which a plan is made. */
struct reset_look {
	struct reset_plan *plan;
	const struct reset_facts *facts;
	const struct host_dev *dev;
	const char *name; /* its address */
};

/* Fills plan->company. Returns 0 or -ENOMEM. */
int reset_find_company(struct reset_look *look);
/* Fills plan->ways, the best first. */
void reset_add_ways(struct reset_look *look);

#endif
