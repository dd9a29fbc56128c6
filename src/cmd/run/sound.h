/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --sound: the guest's sound card, and who plays it. */
#ifndef CMD_RUN_SOUND_H
#define CMD_RUN_SOUND_H

#include "cmd/run/options.h"

int run_sound_apply(void *target, char *value, struct err *err);
bool run_sound_print(const void *target, unsigned n, FILE *out);

#endif
