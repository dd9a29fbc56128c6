/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files that implement net.h only. All is called on the device's thread. */
#ifndef VM_VIRTIO_NET_INTERNAL_H
#define VM_VIRTIO_NET_INTERNAL_H

#include "vm/virtio/net.h"

/* Size of each buffer: several of the largest frames. */
#define NET_BUFFER (256 * KIB)
/* Length prefix of a frame with NET_COUNTED. */
#define NET_COUNT sizeof(u32)

/* Handlers of the loop; @owner is the device. */
void net_rx_kicked(void *owner, u32 events);
void net_rx_ready(void *owner, u32 events);
void net_tx_kicked(void *owner, u32 events);
void net_tx_ready(void *owner, u32 events);

/* The link ended. Called once. */
void net_gone(struct virtio_net *net);

/* The driver's ring is invalid. */
void net_broken(struct virtio_net *net, const struct virtq *vq);

#endif
