/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option --usb-input. */
#ifndef CMD_RUN_USB_H
#define CMD_RUN_USB_H

#include "cmd/run/options.h"

int run_usb_input_apply(void *target, char *value, struct err *err);
bool run_usb_input_print(const void *target, unsigned n, FILE *out);

#endif
