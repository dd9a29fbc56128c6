/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options --usb and --usb-input. */
#ifndef CMD_RUN_USB_H
#define CMD_RUN_USB_H

#include "cmd/run/options.h"

int run_usb_apply(void *target, char *value, struct err *err);
bool run_usb_print(const void *target, unsigned n, FILE *out);
int run_usb_input_apply(void *target, char *value, struct err *err);
bool run_usb_input_print(const void *target, unsigned n, FILE *out);

#endif
