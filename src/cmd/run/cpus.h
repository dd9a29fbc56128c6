/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --cpus, --hide-hypervisor and --hyperv of `tenon run`: rows of run_options[]. */
#ifndef CMD_RUN_CPUS_H
#define CMD_RUN_CPUS_H

#include "cmd/run/options.h"

int run_cpus_apply(void *request, char *value, struct err *err);
bool run_cpus_print(const void *request, unsigned n, FILE *out);

int run_hiding_apply(void *request, char *value, struct err *err);
bool run_hiding_print(const void *request, unsigned n, FILE *out);

int run_hyperv_apply(void *request, char *value, struct err *err);
bool run_hyperv_print(const void *request, unsigned n, FILE *out);

#endif
