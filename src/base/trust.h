/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether files can be relied on. A program that runs as root gets PATH, HOME and the like from
 * whoever started it, and `su` without `-` leaves another user's there: a file that such a variable
 * leads to is used only where nobody but root could have put it there.
 */
#ifndef BASE_TRUST_H
#define BASE_TRUST_H

#include <stddef.h>

#include "base/types.h"

/*
 * Resolves @path to @real, of @size bytes, and returns whether it is this user's to rely on: always
 * for a user who is not root; else where it and every directory above it belong to root and nobody
 * else can write to them, but for a sticky directory above, such as /tmp. False where there is
 * nothing. @real has no symbolic links.
 */
bool trust_path(const char *path, char *real, size_t size);

/*
 * The environment's @name where it is an absolute path; for root, of a directory that exists and
 * is trust_path()'d. Else NULL. Copied to @real.
 */
const char *trust_environment(const char *name, char *real, size_t size);

#endif
