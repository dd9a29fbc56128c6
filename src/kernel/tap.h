/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taps: network interfaces of the host whose other end is a file (Documentation/networking/
 * tuntap.rst), alone or as a port of a bridge. Frames have a virtio header of TAP_HEADER bytes.
 *
 * An interface that is made here goes with its file, and so with the process, kill -9 included;
 * so does its place in the bridge. One that was there before stays, as it was.
 */
#ifndef KERNEL_TAP_H
#define KERNEL_TAP_H

#include <net/if.h>

#include "base/err.h"
#include "base/types.h"

#define TAP_HEADER 12

struct tap {
	int fd; /* non-blocking */
	char name[IFNAMSIZ];
	u16 mtu;
};

/* The tap @name, which is made where the host has none. */
int tap_open(struct tap *tap, const char *name, struct err *err);
/*
 * A new tap as a port of the bridge @bridge, with the bridge's MTU. @mac: of the guest's card; the
 * host's end gets one that is higher than all others, so that the bridge keeps its own.
 */
int tap_open_bridge(struct tap *tap, const char *bridge, const u8 mac[6], struct err *err);
/* Safe on one with @fd -1. */
void tap_close(struct tap *tap);

/* What the reader of the tap takes in large or unsummed frames: TUN_F_*. */
int tap_offload(int fd, unsigned offload, struct err *err);

#endif
