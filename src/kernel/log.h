/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "base/types.h"

/*
 * Reads the log as `dmesg --raw` shows it into fresh memory, which ends with NUL and which the
 * caller frees. Returns NULL if the process may not read it.
 */
char *kernel_log(void);

#endif
