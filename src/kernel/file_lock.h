/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks on files that only one machine at a time may write to.
 *
 * The lock belongs to the open file description (fcntl(2), F_OFD_SETLK) and covers the whole file;
 * QEMU checks for such locks too before it opens an image. The kernel drops it with the last
 * descriptor, also when the process is killed.
 */
#ifndef KERNEL_FILE_LOCK_H
#define KERNEL_FILE_LOCK_H

#include "base/err.h"
#include "kernel/process.h"

/*
 * Locks @fd, which is open for writing. Returns -EBUSY if another process holds the lock; @err
 * names @path and, if /proc shows it to this user, that process. A file system without locks is not
 * an error.
 */
int file_lock(int fd, const char *path, struct err *err);

/* Says who else has the file open, as process_text() does, or "another process". */
#define FILE_HOLDER_SIZE PROCESS_TEXT
void file_holder(int fd, char text[FILE_HOLDER_SIZE]);

#endif
