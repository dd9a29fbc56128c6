/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon complete`, which shells ask for what could be typed next. */
#ifndef CMD_COMPLETE_COMPLETE_H
#define CMD_COMPLETE_COMPLETE_H

#include "base/err.h"

/* All commands and options as JSON: of this the completions are made, and the manual is checked. */
int complete_table(struct err *err);

/* Lines of "WORD<tab>what it is". What cannot be read is not there. */
int complete_devices(struct err *err);
int complete_machines(struct err *err);
int complete_pids(struct err *err);

#endif
