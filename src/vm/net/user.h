/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network without any right on the host: a program of the user's own opens ordinary sockets for
 * what the guest sends. It is passt where that is installed and works, else libslirp in a process
 * of tenon's (vm/net/slirp.h). Both speak the same over one socket, and end with it.
 */
#ifndef VM_NET_USER_H
#define VM_NET_USER_H

#include "base/child.h"
#include "vm/net/link.h"

enum user_net_program { USER_NET_ANY, USER_NET_PASST, USER_NET_SLIRP };

struct user_net_config {
	enum user_net_program program;
	struct loop *loop;
};

struct user_net {
	struct child child;
	struct net_link link;
};

int user_net_open(struct user_net *net, const struct user_net_config *config, struct err *err);
/* Safe on a zeroed struct. */
void user_net_close(struct user_net *net);

#endif
