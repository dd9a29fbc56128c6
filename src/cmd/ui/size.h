/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of bytes as people read them. Pure. */
#ifndef CMD_UI_SIZE_H
#define CMD_UI_SIZE_H

#include "base/types.h"

#define SIZE_TEXT 24

/* Writes "120 GiB", "3.2 GiB" or "17 bytes" to @text and returns it. Cuts, and does not round. */
const char *size_text(char text[SIZE_TEXT], u64 bytes);

/* Writes it as option_size() reads it: "120G", or the number of bytes. */
const char *size_option(char text[SIZE_TEXT], u64 bytes);

#endif
