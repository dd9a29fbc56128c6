/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warnings, before the guest starts, of a host's state that breaks legacy VGA in the guest. */
#ifndef CMD_RUN_VGA_H
#define CMD_RUN_VGA_H

#include "cmd/run/options.h"

/* Warns if a device of @request may get legacy VGA. Changes and refuses nothing. */
void run_vga_warn(const struct run_request *request);

#endif
