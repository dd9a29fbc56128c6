/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name server for a guest that does not reach the host's loopback, where many hosts have
 * theirs: systemd-resolved's answers at 127.0.0.53, and tells elsewhere whom it asks.
 */
#ifndef VM_NET_RESOLVER_H
#define VM_NET_RESOLVER_H

#include <netinet/in.h>

#include "base/types.h"

/*
 * The first server of a resolv.conf(5), @text, that is not on the loopback, to @address. Returns
 * false where there is none. Pure.
 */
bool resolver_parse(const char *text, char address[INET6_ADDRSTRLEN]);

/*
 * What a guest is to be told: "" where what /etc/resolv.conf names will do, else the address of
 * another. Returns false where the host's answer on its loopback only.
 */
bool resolver_find(char address[INET6_ADDRSTRLEN]);

#endif
