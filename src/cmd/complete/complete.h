/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon complete`, with which shells complete a command line. */
#ifndef CMD_COMPLETE_COMPLETE_H
#define CMD_COMPLETE_COMPLETE_H

#include "base/err.h"

/*
 * Prints all commands and options as JSON, from which the completion scripts are generated and
 * against which the manual is checked.
 */
int complete_table(struct err *err);

/* Print lines of "WORD<tab>description". Candidates that cannot be read are left out. */
int complete_devices(struct err *err);
int complete_machines(struct err *err);
int complete_pids(struct err *err);

#endif
