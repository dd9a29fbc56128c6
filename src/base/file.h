/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing files where one system call may not be enough. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

/* Writes all of @bytes at the file's position, in as many calls as it takes. 0, or -errno. */
int file_write(int fd, const void *bytes, size_t size);

/* Reads up to @size bytes from the file's position. The number, less at its end, or -errno. */
ssize_t file_read(int fd, void *bytes, size_t size);

/*
 * Reads all from the file's position on, at most @limit bytes, into fresh memory that the caller
 * frees, with a NUL behind it that @size does not count. 0, or -errno: -EFBIG where it is longer.
 */
int file_read_all(int fd, size_t limit, char **bytes, size_t *size);

#endif
