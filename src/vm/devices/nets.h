/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's network cards: where their frames go, and which kind of card serves that best.
 */
#ifndef VM_DEVICES_NETS_H
#define VM_DEVICES_NETS_H

#include "vm/net/mac.h"
#include "vm/net/user.h"
#include "vm/virtio/virtio_pci.h"

enum net_kind { NET_USER, NET_TAP, NET_BRIDGE };

/* What the user asks for. Strings outlive the machine. */
struct net_request {
	enum net_kind kind;
	const char *host; /* the tap or the bridge */
	enum user_net_program program;
	bool has_mac;
	u8 mac[MAC_SIZE];
	bool reach_host; /* NET_USER: see vm/net/user.h */
	struct net_forward forwards[NET_FORWARDS_MAX];
	unsigned nr_forwards;
	bool vhost_off; /* frames pass this process although the kernel could serve them */
};

struct net;

struct nets {
	struct net *nets[VIRTIO_MAX_NETS];
	unsigned nr;
};

/*
 * Opens the host's side: taps, bridges, programs. @machine: a text that names this machine among
 * those of the host, for addresses that nobody chose. From the thread that runs @loop.
 */
int nets_open(struct nets *nets, const struct net_request *requests, unsigned nr,
	const char *machine, struct loop *loop, struct err *err);

/* Puts the cards on the guest's root bus. */
int nets_attach(struct nets *nets, struct pci_host *host, struct err *err);

/* No vCPU runs. Safe on a zeroed struct. */
void nets_close(struct nets *nets);

#endif
