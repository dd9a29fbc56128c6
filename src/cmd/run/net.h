/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --net of `tenon run`: a row of run_options[]. */
#ifndef CMD_RUN_NET_H
#define CMD_RUN_NET_H

#include "cmd/run/options.h"

int run_net_apply(void *request, char *value, struct err *err);
bool run_net_print(const void *request, unsigned n, FILE *out);

#endif
