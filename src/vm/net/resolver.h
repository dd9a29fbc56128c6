/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds a name server for a guest that cannot reach the host's loopback. Many hosts have theirs
 * there: systemd-resolved listens at 127.0.0.53, and lists the servers that it asks in another
 * file.
 */
#ifndef VM_NET_RESOLVER_H
#define VM_NET_RESOLVER_H

#include <netinet/in.h>

#include "base/types.h"

/*
 * Writes to @address the first name server in @text, a resolv.conf(5), that is not on the loopback.
 * Returns false if there is none. Pure.
 */
bool resolver_parse(const char *text, char address[INET6_ADDRSTRLEN]);

/*
 * Finds the name server for the guest: @address is "" if the first one in /etc/resolv.conf will do,
 * else the address of another one. Returns false if the host has only name servers on its loopback.
 */
bool resolver_find(char address[INET6_ADDRSTRLEN]);

#endif
