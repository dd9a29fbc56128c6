/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --disk and --cdrom of `tenon run`: rows of run_options[]. */
#ifndef CMD_RUN_DISK_H
#define CMD_RUN_DISK_H

#include "cmd/run/options.h"

int run_disk_apply(void *request, char *value, struct err *err);
bool run_disk_print(const void *request, unsigned n, FILE *out);
int run_cdrom_apply(void *request, char *value, struct err *err);
bool run_cdrom_print(const void *request, unsigned n, FILE *out);

#endif
