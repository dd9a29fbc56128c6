/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --shmem of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_SHMEM_H
#define CMD_RUN_SHMEM_H

#include "cmd/run/options.h"

int run_shmem_apply(void *request, char *value, struct err *err);
bool run_shmem_print(const void *request, unsigned n, FILE *out);

#endif
