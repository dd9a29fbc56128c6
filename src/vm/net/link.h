/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of a network card: a file to which Ethernet frames are written and from which they
 * are read.
 */
#ifndef VM_NET_LINK_H
#define VM_NET_LINK_H

#include "base/types.h"

enum net_framing {
	NET_COUNTED, /* a stream socket: a 32-bit big-endian length precedes each frame */
	NET_PACKETS, /* a tap: one frame for each read or write, after a virtio header */
};

struct net_link {
	int fd; /* non-blocking */
	enum net_framing framing;
	u16 mtu;          /* bytes after the Ethernet header */
	bool no_loopback; /* frames for addresses of this host are dropped, see loopback.h */
};

#define NET_FRAME_MAX (65535u + 18u) /* the longest frame: an IP packet with a VLAN tag */
#define NET_HEADER    12u            /* bytes of each frame's virtio header, on taps and in rings */
#define NET_MTU       1500
/* For a network inside this host: few big frames are faster than many small ones. */
#define NET_MTU_WITHIN 65520

#endif
