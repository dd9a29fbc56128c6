/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user network, which needs no privilege on the host: a program that runs as the user opens
 * ordinary sockets for the guest's traffic. The program is passt if that is installed and works,
 * else a process of tenon with libslirp (vm/net/slirp.h). Both use the same protocol on one socket,
 * and exit when it is closed.
 */
#ifndef VM_NET_USER_H
#define VM_NET_USER_H

#include "base/child.h"
#include "vm/net/forward.h"
#include "vm/net/link.h"

enum user_net_program { USER_NET_ANY, USER_NET_PASST, USER_NET_SLIRP };

struct user_net_config {
	enum user_net_program program;
	const char *resolver; /* the name server that passt announces; NULL or "": the host's */
	bool reach_host; /* the guest reaches the host's loopback at the address of its gateway */
	bool unconfined; /* for debugging: libslirp's process has this process's rights */
	const struct net_forward *forwards;
	unsigned nr_forwards;
	struct loop *loop;
};

struct user_net {
	struct child child;
	struct net_link link;
};

/* A command line, with room for the texts of its forwards. */
struct user_net_args {
	const char *argv[16 + 2 * NET_FORWARDS_MAX];
	char forwards[NET_FORWARDS_MAX][NET_FORWARD_TEXT];
};

/*
 * Build the command lines of passt and of the process that runs slirp_serve(). @program outlives
 * @args. Pure.
 */
void user_net_passt_args(
	struct user_net_args *args, const char *program, const struct user_net_config *config);
void user_net_slirp_args(
	struct user_net_args *args, const char *program, const struct user_net_config *config);

int user_net_open(struct user_net *net, const struct user_net_config *config, struct err *err);
/* Safe on a zeroed struct. */
void user_net_close(struct user_net *net);

#endif
