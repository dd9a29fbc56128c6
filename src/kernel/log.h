/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel wrote to its log. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "base/types.h"

/*
 * The log as `dmesg --raw` shows it, in fresh memory that the caller frees, ended by NUL; NULL
 * without rights.
 */
char *kernel_log(void);

#endif
