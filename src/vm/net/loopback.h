/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which frames of a guest would come to this host itself. Pure. */
#ifndef VM_NET_LOOPBACK_H
#define VM_NET_LOOPBACK_H

#include <stddef.h>

#include "base/types.h"

#define NET_HEAD 54 /* bytes of a frame that tell: the headers of Ethernet and IPv6 */

/*
 * Whether a frame goes to an address that means this host to the sockets of a program which
 * serves the guest: 127.0.0.0/8, 0.0.0.0/8, and what IPv6 has of them, which are ::, ::1 and the
 * addresses of IPv4 within IPv6. passt and libslirp let them pass. @head: the first @size bytes of
 * it, NET_HEAD where it has as many.
 */
bool net_is_for_loopback(const u8 *head, size_t size);

#endif
