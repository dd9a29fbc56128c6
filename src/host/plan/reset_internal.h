/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that plan a reset: reset_ways.c finds the ways, reset.c chooses one. */
#ifndef HOST_PLAN_RESET_INTERNAL_H
#define HOST_PLAN_RESET_INTERNAL_H

#include "host/plan/reset.h"

/* What is needed to plan the reset of one device. */
struct reset_look {
	struct reset_plan *plan;
	const struct reset_facts *facts;
	const struct host_dev *dev;
	const char *name; /* its address */
};

/* Fills plan->company. Returns 0 or -ENOMEM. */
int reset_find_company(struct reset_look *look);
/* Fills plan->ways, best first. */
void reset_add_ways(struct reset_look *look);

#endif
