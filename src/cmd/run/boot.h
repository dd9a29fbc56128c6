/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --boot of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_BOOT_H
#define CMD_RUN_BOOT_H

#include "cmd/run/options.h"

int run_boot_apply(void *request, char *value, struct err *err);
bool run_boot_print(const void *request, unsigned n, FILE *out);

#endif
