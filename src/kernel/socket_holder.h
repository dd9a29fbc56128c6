/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who listens at an address that is taken, and which port is not. Any thread; nothing is kept, so
 * an answer may be out of date when it comes.
 */
#ifndef KERNEL_SOCKET_HOLDER_H
#define KERNEL_SOCKET_HOLDER_H

#include <sys/socket.h>

#include "kernel/process.h"

/*
 * Says which process listens at a TCP port or a socket file (AF_INET, AF_INET6, AF_UNIX), as
 * process_text() does. Returns false if nobody listens there. The kernel shows everybody which
 * sockets there are, but only root and their owner who has one open: "another process" then.
 */
bool socket_holder(const struct sockaddr *address, char text[PROCESS_TEXT]);

/*
 * The first free port of the hundred after the one of @address (AF_INET, AF_INET6), at the same
 * address; 0 if there is none.
 */
unsigned socket_next_port(const struct sockaddr *address);

#endif
