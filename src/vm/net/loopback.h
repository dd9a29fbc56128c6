/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the frames of a guest that would reach this host's own loopback. Pure. */
#ifndef VM_NET_LOOPBACK_H
#define VM_NET_LOOPBACK_H

#include <stddef.h>

#include "base/types.h"

#define NET_HEAD 54 /* bytes of a frame that are examined: the headers of Ethernet and IPv6 */

/*
 * Whether a frame's destination means this host to the sockets of the program that serves the
 * guest: 127.0.0.0/8, 0.0.0.0/8 and their IPv6 equivalents, which are ::, ::1 and IPv4 addresses
 * embedded in IPv6 ones. passt and libslirp do not filter them. @head: the first @size bytes of the
 * frame, NET_HEAD if it has as many.
 */
bool net_is_for_loopback(const u8 *head, size_t size);

#endif
