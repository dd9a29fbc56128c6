/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `tenon run` that choose the firmware: rows of run_options[]. */
#ifndef CMD_RUN_FIRMWARE_H
#define CMD_RUN_FIRMWARE_H

#include "cmd/run/options.h"

int run_firmware_apply(void *request, char *value, struct err *err);
bool run_firmware_print(const void *request, unsigned n, FILE *out);

/*
 * Chooses what starts the guest if the user has not: its kernel, else UEFI firmware. Returns
 * -EINVAL if there is nothing to start.
 */
int run_firmware_choose(struct run_request *request, struct err *err);

int run_secure_boot_apply(void *request, char *value, struct err *err);
bool run_secure_boot_print(const void *request, unsigned n, FILE *out);

int run_firmware_code_apply(void *request, char *value, struct err *err);
bool run_firmware_code_print(const void *request, unsigned n, FILE *out);

int run_firmware_vars_apply(void *request, char *value, struct err *err);
bool run_firmware_vars_print(const void *request, unsigned n, FILE *out);

#endif
