/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of the host whose TCP connections are forwarded to the guest, on a network of
 * vm/net/user.h.
 */
#ifndef VM_NET_FORWARD_H
#define VM_NET_FORWARD_H

#include <netinet/in.h>

#include "base/err.h"
#include "base/types.h"

#define NET_FORWARDS_MAX 8
#define NET_FORWARD_TEXT (INET6_ADDRSTRLEN + 16)

struct net_forward {
	int family; /* AF_INET, AF_INET6 */
	union {
		struct in_addr in4;
		struct in6_addr in6;
	} address; /* the host's address on which to listen */
	u16 port;  /* of the host */
	u16 guest_port;
};

/*
 * Parses "ADDRESS:PORT:GUESTPORT", with an IPv6 address in brackets, or "PORT:GUESTPORT" for
 * 127.0.0.1. Returns 0 or -EINVAL.
 */
int net_forward_parse(const char *text, struct net_forward *forward, struct err *err);
/*
 * Checks whether the host's port can be had. @err says who has it otherwise, and which one is free.
 */
int net_forward_check(const struct net_forward *forward, struct err *err);
/*
 * Write the forward as that text, and as passt's option -t takes it: "ADDRESS/PORT:GUESTPORT". Both
 * return @text.
 */
const char *net_forward_text(const struct net_forward *forward, char text[NET_FORWARD_TEXT]);
const char *net_forward_passt(const struct net_forward *forward, char text[NET_FORWARD_TEXT]);

#endif
