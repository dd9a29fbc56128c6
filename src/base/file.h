/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing files where one system call may not be enough. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/types.h"

/*
 * Writes all of @bytes at the file's position, in as many calls as it takes. Returns 0 or -errno.
 */
int file_write(int fd, const void *bytes, size_t size);

/*
 * Reads @size bytes from the file's position. Returns the number read, less only at the end, or
 * -errno.
 */
ssize_t file_read(int fd, void *bytes, size_t size);

/*
 * Reads from the file's position to its end, at most @limit bytes, into fresh memory that the
 * caller frees, followed by a NUL that @size does not count. Returns 0 or -errno, -EFBIG for a
 * longer file.
 */
int file_read_all(int fd, size_t limit, char **bytes, size_t *size);

/*
 * Deletes the older part of a regular file of @size bytes that is open for reading and writing, not
 * for appending: the last @keep bytes are moved to its start, and the position is behind them.
 * Returns how many bytes there are now, fewer than @keep if they could not be read, or -errno.
 */
s64 file_keep_end(int fd, u64 size, u64 keep);

#endif
