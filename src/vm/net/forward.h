/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports of the host whose TCP connections go to the guest, on a network of user.h's. */
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
	} address; /* of the host, on which it listens */
	u16 port;  /* of the host */
	u16 guest_port;
};

/*
 * "ADDRESS:PORT:GUESTPORT", the address of IPv6 in brackets, or "PORT:GUESTPORT" for 127.0.0.1.
 * -EINVAL.
 */
int net_forward_parse(const char *text, struct net_forward *forward, struct err *err);
/* The same text; and as passt's option -t takes it: "ADDRESS/PORT:GUESTPORT". */
const char *net_forward_text(const struct net_forward *forward, char text[NET_FORWARD_TEXT]);
const char *net_forward_passt(const struct net_forward *forward, char text[NET_FORWARD_TEXT]);

#endif
