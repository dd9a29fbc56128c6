/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the network card in this process. On the card's thread. */
#ifndef VM_VIRTIO_NET_INTERNAL_H
#define VM_VIRTIO_NET_INTERNAL_H

#include "vm/virtio/net.h"

/* Bytes of either buffer: several of the largest frames. */
#define NET_BUFFER (256 * KIB)
/* Bytes in front of a frame of NET_COUNTED. */
#define NET_COUNT sizeof(u32)

/* Handlers of the loop; the owner is the card. */
void net_rx_kicked(void *owner, u32 events);
void net_rx_ready(void *owner, u32 events);
void net_tx_kicked(void *owner, u32 events);
void net_tx_ready(void *owner, u32 events);

/* The link has ended, once. */
void net_gone(struct virtio_net *net);

/* The driver made a ring that makes no sense. */
void net_broken(struct virtio_net *net, const struct virtq *vq);

#endif
