/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network device on a tap whose queues the kernel serves: neither frames nor notifications nor
 * interrupts pass through this process. vm/virtio/net.h is the same device served in this process.
 *
 * The caller owns the struct and keeps it until its transport is closed. Locking as in virtio.h.
 */
#ifndef VM_VIRTIO_VHOST_NET_H
#define VM_VIRTIO_VHOST_NET_H

#include "vm/virtio/net.h"

struct vhost_net {
	struct virtio_dev dev;
	int tap_fd;
	int fd; /* /dev/vhost-net */
};

/* @setup->link is a tap. -ENOENT or another -errno if this process cannot use vhost-net. */
int vhost_net_dev_open(
	struct vhost_net *net, const struct virtio_net_setup *setup, struct err *err);
/* The transport must be closed. Safe on a zeroed struct. */
void vhost_net_dev_close(struct vhost_net *net);

#endif
