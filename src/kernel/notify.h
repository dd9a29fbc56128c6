/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells whoever started this process what it does, by the protocol of sd_notify(3): lines such as
 * "READY=1" to the datagram socket that the environment's NOTIFY_SOCKET names. systemd listens to
 * services of Type=notify so, and `tenon start` to the machines that it starts.
 *
 * One thread opens and closes it; notify_say() may be called on any.
 */
#ifndef KERNEL_NOTIFY_H
#define KERNEL_NOTIFY_H

#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"

/*
 * Connects to the socket that the environment names, and takes the name out of the environment,
 * because child processes must not speak for this one. Returns a descriptor; -1: nobody listens.
 * A name that leads nowhere is no reason not to run, and is told.
 */
int notify_open(void);

/* Sends "@fmt". A message that cannot be sent at once is dropped. @fd -1: does nothing. */
void notify_say(int fd, const char *fmt, ...) PRINTF(2, 3);

/*
 * The listener's side: makes a socket, and writes the name for NOTIFY_SOCKET to @name. Returns a
 * descriptor or -errno.
 */
#define NOTIFY_NAME_SIZE (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)
int notify_listen(char name[NOTIFY_NAME_SIZE], struct err *err);

/*
 * Receives a message, without waiting. Returns its length with a NUL behind it, or -errno: -EAGAIN
 * if there is none, -EPERM for a message of a process of another session than @session.
 */
ssize_t notify_receive(int fd, pid_t session, char *text, size_t size);

#endif
