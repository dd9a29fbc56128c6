/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a command writes under a name that the user gives. */
#ifndef CMD_UI_NEW_FILE_H
#define CMD_UI_NEW_FILE_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Writes a file that must not exist yet, completely or not at all. Returns 0, or -errno with @err
 * set.
 */
int new_file(const char *path, const void *bytes, size_t size, struct err *err);

#endif
