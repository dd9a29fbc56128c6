/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user network (vm/net/user.h) by libslirp: a process that does nothing else turns the guest's
 * TCP and UDP into sockets. The guest is 10.0.2.15, this host 10.0.2.2, the name server 10.0.2.3.
 *
 * The library is loaded on demand, so that tenon runs where it is not installed.
 */
#ifndef VM_NET_SLIRP_H
#define VM_NET_SLIRP_H

#include "base/err.h"
#include "vm/net/forward.h"

/*
 * libslirp's TCP windows are 64 KiB, and two segments have to fit: a peer that gets only one at a
 * time delays its acknowledgement, for which the next segment waits, by 40 ms.
 */
#define SLIRP_MTU 32768

struct slirp_config {
	bool reach_host; /* 10.0.2.2 is the host's loopback */
	bool unconfined; /* for debugging: it gives up nothing */
	struct net_forward forwards[NET_FORWARDS_MAX];
	unsigned nr_forwards;
};

/*
 * Gives up its rights, then serves the guest behind the stream socket @link until that is
 * closed, and returns 0. When it is ready, it writes a line to @ready and closes it.
 */
int slirp_serve(int link, int ready, const struct slirp_config *config, struct err *err);

#endif
