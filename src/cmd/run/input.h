/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --input of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_INPUT_H
#define CMD_RUN_INPUT_H

#include "cmd/run/options.h"

int run_input_apply(void *request, char *value, struct err *err);
bool run_input_print(const void *request, unsigned n, FILE *out);

#endif
