/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --device of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_DEVICE_H
#define CMD_RUN_DEVICE_H

#include "cmd/run/options.h"

int run_device_apply(void *request, char *value, struct err *err);
bool run_device_print(const void *request, unsigned n, FILE *out);

/*
 * Puts each slot's functions, as /sys has them, in the place of the slot. -ENODEV for a slot that
 * has none, -E2BIG.
 */
int run_device_expand(struct run_request *request, struct err *err);

/* Says which functions of a slot stay behind when others go. */
void run_device_warn(const struct run_request *request);

#endif
