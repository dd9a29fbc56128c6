/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --rtc of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_CLOCK_H
#define CMD_RUN_CLOCK_H

#include "cmd/run/options.h"

int run_rtc_apply(void *request, char *value, struct err *err);
bool run_rtc_print(const void *request, unsigned n, FILE *out);

#endif
