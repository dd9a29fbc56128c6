/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that one machine at a time may write to.
 *
 * The lock is an open file description's (fcntl(2), F_OFD_SETLK) over the whole file, for which
 * QEMU looks too before it opens an image. It ends with the last descriptor, also by kill -9.
 */
#ifndef KERNEL_FILE_LOCK_H
#define KERNEL_FILE_LOCK_H

#include "base/err.h"

/*
 * Locks @fd, which is open for writing. -EBUSY where another process has it, with @err naming
 * @path and, as far as /proc tells it to this user, that process. File systems without locks are
 * no error.
 */
int file_lock(int fd, const char *path, struct err *err);

/* Who else has the file open: "process 1234 (qemu-system-x86)", or "another process". */
#define FILE_HOLDER_SIZE 64
void file_holder(int fd, char text[FILE_HOLDER_SIZE]);

#endif
