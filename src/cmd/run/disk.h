/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --disk of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_DISK_H
#define CMD_RUN_DISK_H

#include "cmd/run/options.h"

int run_disk_apply(void *request, char *value, struct err *err);
bool run_disk_print(const void *request, unsigned n, FILE *out);

#endif
