/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --for of `tenon run`: what a guest of some kind needs, as values of other options. Those that the
 * user gives win, whether they come before or after --for, in the machine file or on the command
 * line.
 */
#ifndef CMD_RUN_PROFILE_H
#define CMD_RUN_PROFILE_H

#include "cmd/run/options.h"

#define PROFILE_SETTINGS 8

/* An option's name, and the value that it gets if the user gives none. */
struct profile_setting {
	const char *option, *value;
};

/* One kind of guest: a row of the table. */
struct profile {
	const char *name;
	enum disk_bus bus; /* of disks without bus= */
	struct profile_setting settings[PROFILE_SETTINGS];
};

extern const struct profile run_profiles[]; /* ends with a row without a name */

int run_profile_apply(void *request, char *value, struct err *err);
bool run_profile_print(const void *request, unsigned n, FILE *out);

/* Call it once, when all options have been applied. */
int run_profile_fill(struct run_request *request, struct err *err);

#endif
