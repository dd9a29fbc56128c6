/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network card on a tap whose queues the kernel serves: frames never pass this process, nor do
 * notifications and interrupts. vm/virtio/net.h is the same card without the kernel's help.
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

/* @setup->link is a tap. -ENOENT and the like where the kernel has no vhost-net for us. */
int vhost_net_dev_open(
	struct vhost_net *net, const struct virtio_net_setup *setup, struct err *err);
/* The transport is closed. Safe on a zeroed struct. */
void vhost_net_dev_close(struct vhost_net *net);

#endif
