/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small process that connects to the sound server for the process that plays: the latter may not
 * connect to anything itself, as most of what it could reach would do as its user wants. It takes
 * no bytes from anybody that it would have to understand, and ends with who started it.
 */
#ifndef VM_SOUND_CONNECTOR_H
#define VM_SOUND_CONNECTOR_H

#include "base/err.h"

/* Starts the process for the socket @path. Returns the descriptor for connector_ask(), or -errno.
 */
int connector_start(const char *path, struct err *err);
/* Returns a connection, or -errno: nobody listens there now. */
int connector_ask(int connector);

#endif
