/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a network card's Ethernet frames go: a file that takes and gives them. */
#ifndef VM_NET_LINK_H
#define VM_NET_LINK_H

#include "base/types.h"

enum net_framing {
	NET_COUNTED, /* a stream socket: each frame behind its length, 32 bits, big-endian */
	NET_PACKETS, /* a tap: a frame for each read and write, behind a virtio header */
};

struct net_link {
	int fd; /* non-blocking */
	enum net_framing framing;
	u16 mtu;          /* bytes behind the Ethernet header */
	bool no_loopback; /* frames for addresses of this host are dropped, see loopback.h */
};

#define NET_FRAME_MAX (65535u + 18u) /* what a link may carry: an IP packet, VLAN tag included */
#define NET_HEADER    12u            /* of virtio, on each frame of NET_PACKETS and of the rings */
#define NET_MTU       1500
/* Of a network that only this host knows: few big frames are quicker than many small ones. */
#define NET_MTU_WITHIN 65520

#endif
