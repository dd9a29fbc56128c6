/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the host's state spoils legacy VGA in a guest, said before it starts. */
#ifndef CMD_RUN_VGA_H
#define CMD_RUN_VGA_H

#include "cmd/run/options.h"

/* Warns, where a device of @request may get legacy VGA. Changes nothing, refuses nothing. */
void run_vga_warn(const struct run_request *request);

#endif
