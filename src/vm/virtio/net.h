/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network card (VIRTIO 1.2, section 5.1) that this process serves, on a thread of its own:
 * frames go between the driver's two queues and a link.
 *
 * A link that ends takes the cable out of the card; the machine goes on. What the driver sends
 * then is dropped. The caller owns the struct and keeps it until its transport is closed.
 */
#ifndef VM_VIRTIO_NET_H
#define VM_VIRTIO_NET_H

#include "base/loop.h"
#include "vm/net/link.h"
#include "vm/virtio/queue.h"

/* A frame lies in at most so many of the driver's buffers, each of some pieces. */
#define VIRTIO_NET_MAX_CHAINS 64
#define VIRTIO_NET_MAX_PIECES 1024

#define VIRTIO_NET_MAC 6

/* What the two kinds of cards, this and vhost_net.h's, have in common. */
struct virtio_net_setup {
	const char *name; /* for messages; outlives the card */
	u8 mac[VIRTIO_NET_MAC];
	struct net_link link; /* the file stays the caller's, who closes it after the card */
	struct loop *loop;    /* the machine's */
};

struct virtio_net {
	struct virtio_dev dev;
	struct net_link link;
	int out_fd; /* the link's file again, as what is waited for to become writable */
	struct loop *machine_loop;
	struct loop loop; /* of the card's thread */
	pthread_t thread;
	bool has_thread;
	struct loop_source kick[2], link_in, link_out;
	struct loop_work gone_work; /* on the machine's loop */
	bool gone;                  /* the link; of the card's thread while a queue runs */

	struct virtq rx, tx;
	struct virtq_chain chains[VIRTIO_NET_MAX_CHAINS];
	struct iovec pieces[VIRTIO_NET_MAX_PIECES], tx_pieces[VIRTIO_NET_MAX_PIECES];

	/* Read from the link and not yet in the driver's buffers. */
	u8 *in;
	size_t in_start, in_end;
	/* The rest of a frame that the link took in part. */
	u8 *out;
	size_t out_start, out_end;
};

enum { VIRTIO_NET_RX, VIRTIO_NET_TX };

int virtio_net_open(struct virtio_net *net, const struct virtio_net_setup *setup, struct err *err);
/* The transport is closed. Safe on a zeroed struct. */
void virtio_net_close(struct virtio_net *net);

/* Fills the device and its config space; for every kind of card. @features: with all bits. */
void virtio_net_fill(struct virtio_dev *dev, const struct virtio_net_setup *setup, u64 features,
	const struct virtio_dev_ops *ops);

/* What a tap does for the frames of a driver that chose @features: TUN_F_* for tap_offload(). */
u64 virtio_net_tap_features(void);
unsigned virtio_net_tap_offload(u64 features);

#endif
