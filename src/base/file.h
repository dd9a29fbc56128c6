/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, where more is to be done than one system call does. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/* Writes all of @bytes at the file's position, in as many calls as it takes. 0, or -errno. */
int file_write(int fd, const void *bytes, size_t size);

#endif
