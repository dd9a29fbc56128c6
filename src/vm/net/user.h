/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network without any right on the host: a program of the user's own opens ordinary sockets for
 * what the guest sends. It is passt where that is installed and works, else libslirp in a process
 * of tenon's (vm/net/slirp.h). Both speak the same over one socket, and end with it.
 */
#ifndef VM_NET_USER_H
#define VM_NET_USER_H

#include "base/child.h"
#include "vm/net/forward.h"
#include "vm/net/link.h"

enum user_net_program { USER_NET_ANY, USER_NET_PASST, USER_NET_SLIRP };

struct user_net_config {
	enum user_net_program program;
	const char *resolver; /* of names, for passt to tell; NULL or "": the host's */
	bool reach_host; /* the guest reaches what listens on the host's loopback, at its gateway */
	const struct net_forward *forwards;
	unsigned nr_forwards;
	struct loop *loop;
};

struct user_net {
	struct child child;
	struct net_link link;
};

/* A command line, with room for what forwards are called in it. */
struct user_net_args {
	const char *argv[16 + 2 * NET_FORWARDS_MAX];
	char forwards[NET_FORWARDS_MAX][NET_FORWARD_TEXT];
};

/* Of passt, and of what runs slirp_serve(); @program outlives @args. Pure. */
void user_net_passt_args(
	struct user_net_args *args, const char *program, const struct user_net_config *config);
void user_net_slirp_args(
	struct user_net_args *args, const char *program, const struct user_net_config *config);

int user_net_open(struct user_net *net, const struct user_net_config *config, struct err *err);
/* Safe on a zeroed struct. */
void user_net_close(struct user_net *net);

#endif
