/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --emulate of `tenon run`: a row of run_options[]. It adds any device of device_kinds[] whose row
 * has an option (vm/devices/kind.h), so that such a device needs no row of its own here.
 */
#ifndef CMD_RUN_EMULATE_H
#define CMD_RUN_EMULATE_H

#include "cmd/run/options.h"

int run_emulate_apply(void *request, char *value, struct err *err);
bool run_emulate_print(const void *request, unsigned n, FILE *out);

#endif
