/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of vm/net/user.h by libslirp: TCP and UDP of a guest as sockets of this process,
 * which does nothing else. The guest is 10.0.2.15, this host 10.0.2.2, its name server 10.0.2.3.
 *
 * The library is loaded when it is needed, so that tenon runs where it is not installed.
 */
#ifndef VM_NET_SLIRP_H
#define VM_NET_SLIRP_H

#include "base/err.h"
#include "vm/net/forward.h"

/*
 * Its TCP has windows of 64 KiB, which have to hold two segments: a peer that gets one at a time
 * delays the acknowledgement that the next one waits for, by 40 ms for each.
 */
#define SLIRP_MTU 32768

struct slirp_config {
	bool reach_host; /* 10.0.2.2 is the host's loopback */
	struct net_forward forwards[NET_FORWARDS_MAX];
	unsigned nr_forwards;
};

/*
 * Serves the guest behind the stream socket @link until that ends, then returns 0. @ready: gets a
 * line and is closed as soon as it does. Gives up root's rights first.
 */
int slirp_serve(int link, int ready, const struct slirp_config *config, struct err *err);

#endif
