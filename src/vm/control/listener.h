/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listening socket that is a file, to which only one user and root may connect. One thread.
 */
#ifndef VM_CONTROL_LISTENER_H
#define VM_CONTROL_LISTENER_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

/* Makes the socket @file in place of what a process that was killed has left there. Returns a
 * descriptor, which does not block, or -errno. */
int listener_open(const char *file, struct err *err);

/*
 * Accepts a connection. Returns its descriptor, which does not block; or -errno: -EPERM if the
 * peer's user is neither root nor @user, which the file's mode has kept out already.
 */
int listener_accept(int listener, uid_t user);

#endif
