/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --sleep and --on-host-sleep of `tenon run`: rows of run_options[]. */
#ifndef CMD_RUN_SLEEP_H
#define CMD_RUN_SLEEP_H

#include "cmd/run/options.h"

int run_sleep_apply(void *request, char *value, struct err *err);
bool run_sleep_print(const void *request, unsigned n, FILE *out);
int run_host_sleep_apply(void *request, char *value, struct err *err);
bool run_host_sleep_print(const void *request, unsigned n, FILE *out);
/* Refuses what does not sleep. */
int run_sleep_check(const struct machine_config *config, struct err *err);

#endif
