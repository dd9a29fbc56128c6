/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --display of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_DISPLAY_H
#define CMD_RUN_DISPLAY_H

#include "cmd/run/options.h"

int run_display_apply(void *request, char *value, struct err *err);
bool run_display_print(const void *request, unsigned n, FILE *out);

#endif
