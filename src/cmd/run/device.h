/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --device of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_DEVICE_H
#define CMD_RUN_DEVICE_H

#include "cmd/run/options.h"

int run_device_apply(void *request, char *value, struct err *err);
bool run_device_print(const void *request, unsigned n, FILE *out);

/*
 * Replaces each whole slot by the functions that /sys lists for it. Returns -ENODEV for a slot
 * without any function, -E2BIG for too many devices.
 */
int run_device_expand(struct run_request *request, struct err *err);

/* Warns of functions that stay on the host while others of the same slot go to the guest. */
void run_device_warn(const struct run_request *request);

#endif
