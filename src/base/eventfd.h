/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals by eventfd(2) that never make the caller wait. O_NONBLOCK is not enough for that where
 * another process has the same file: it belongs to the open file, so the other process can take it
 * away (fcntl(F_SETFL)), and fill or empty the counter at any time.
 */
#ifndef BASE_EVENTFD_H
#define BASE_EVENTFD_H

/* Signals an eventfd that only this process and the kernel have. */
void eventfd_signal(int fd);
/* Signals one that other processes have as well; costs some system calls more. */
void eventfd_signal_shared(int fd);
/* Takes its signals away, if there are any, whoever has the file. */
void eventfd_take(int fd);

#endif
