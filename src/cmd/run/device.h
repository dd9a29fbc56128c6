/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --device of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_DEVICE_H
#define CMD_RUN_DEVICE_H

#include "cmd/run/options.h"

int run_device_apply(void *request, char *value, struct err *err);
bool run_device_print(const void *request, unsigned n, FILE *out);

#endif
