/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --uuid and --smbios of `tenon run`: rows of run_options[]. */
#ifndef CMD_RUN_SMBIOS_STRINGS_H
#define CMD_RUN_SMBIOS_STRINGS_H

#include "cmd/run/options.h"

int run_uuid_apply(void *request, char *value, struct err *err);
bool run_uuid_print(const void *request, unsigned n, FILE *out);

int run_smbios_apply(void *request, char *value, struct err *err);
bool run_smbios_print(const void *request, unsigned n, FILE *out);

#endif
