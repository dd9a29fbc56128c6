/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network device (VIRTIO 1.2, section 5.1) that this process serves on a thread of its own: it
 * passes frames between the driver's two queues and a link.
 *
 * If the link ends, the guest sees the cable unplugged, and the machine goes on. Frames that the
 * driver sends after that are dropped. The caller owns the struct and keeps it until its transport
 * is closed.
 */
#ifndef VM_VIRTIO_NET_H
#define VM_VIRTIO_NET_H

#include "base/loop.h"
#include "vm/net/link.h"
#include "vm/virtio/queue.h"

/* Limits for one frame: buffers of the driver, and pieces of host memory in all of them. */
#define VIRTIO_NET_MAX_CHAINS 64
#define VIRTIO_NET_MAX_PIECES 1024

#define VIRTIO_NET_MAC 6

/* Configuration of both kinds of network devices, this and that of vhost_net.h. */
struct virtio_net_setup {
	const char *name; /* for messages; outlives the device */
	u8 mac[VIRTIO_NET_MAC];
	struct net_link link; /* the caller owns the file and closes it after the device */
	struct loop *loop;    /* the machine's loop */
};

struct virtio_net {
	struct virtio_dev dev;
	struct net_link link;
	int out_fd; /* duplicate of the link's file, watched for writability */
	struct loop *machine_loop;
	struct loop loop; /* the loop of the device's thread */
	pthread_t thread;
	bool has_thread;
	struct loop_source kick[2], link_in, link_out;
	struct loop_work gone_work; /* on the machine's loop */
	bool gone;                  /* the link ended; owned by the thread while a queue runs */

	struct virtq rx, tx;
	struct virtq_chain chains[VIRTIO_NET_MAX_CHAINS];
	struct iovec pieces[VIRTIO_NET_MAX_PIECES], tx_pieces[VIRTIO_NET_MAX_PIECES];

	/* Bytes that were read from the link but are not in the driver's buffers yet. */
	u8 *in;
	size_t in_start, in_end;
	/* The rest of a frame of which the link took only a part. */
	u8 *out;
	size_t out_start, out_end;
};

enum { VIRTIO_NET_RX, VIRTIO_NET_TX };

int virtio_net_open(struct virtio_net *net, const struct virtio_net_setup *setup, struct err *err);
/* The transport must be closed. Safe on a zeroed struct. */
void virtio_net_close(struct virtio_net *net);

/* Fills the device and its config space, for both kinds. @features: all that it offers. */
void virtio_net_fill(struct virtio_dev *dev, const struct virtio_net_setup *setup, u64 features,
	const struct virtio_dev_ops *ops);

/*
 * Features that a tap offers, and the TUN_F_* flags for tap_offload() if the driver chose
 * @features.
 */
u64 virtio_net_tap_features(void);
unsigned virtio_net_tap_offload(u64 features);

#endif
