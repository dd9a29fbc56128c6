/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon check`. */
#ifndef CMD_CHECK_CHECK_H
#define CMD_CHECK_CHECK_H

#include <json-c/json.h>

#include "cmd/plan/plan.h"
#include "host/check/check.h"

/* A report and the facts that it is based on. */
struct checking {
	struct planning planning;
	struct platform platform;
	struct check_facts facts;
	struct report report;
};

/* Prints the report to standard output. @all: also what is fine, with the evidence. */
void check_print(struct checking *checking, bool all);
struct json_object *check_json(struct checking *checking);

#endif
