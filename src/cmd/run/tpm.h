/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --tpm of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_TPM_H
#define CMD_RUN_TPM_H

#include "cmd/run/options.h"

int run_tpm_apply(void *request, char *value, struct err *err);
bool run_tpm_print(const void *request, unsigned n, FILE *out);

/* Refuses a TPM that has no place for its state. */
int run_tpm_check(const struct machine_config *config, struct err *err);

#endif
