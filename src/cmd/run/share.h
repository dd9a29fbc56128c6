/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --share of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_SHARE_H
#define CMD_RUN_SHARE_H

#include "cmd/run/options.h"

int run_share_apply(void *request, char *value, struct err *err);
bool run_share_print(const void *request, unsigned n, FILE *out);

#endif
