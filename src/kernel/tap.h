/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taps: network interfaces of the host whose other end is a file descriptor
 * (Documentation/networking/ tuntap.rst), alone or as a port of a bridge. Frames have a virtio
 * header of TAP_HEADER bytes.
 *
 * An interface that is created here goes away with its descriptor, together with its port in the
 * bridge, and so at the latest when the process ends or is killed. One that existed before stays
 * unchanged.
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

/* Pure. Returns -EINVAL if no network interface can have this name. */
int tap_check_name(const char *name, struct err *err);
/* Opens the tap @name, and creates it if the host has none. */
int tap_open(struct tap *tap, const char *name, struct err *err);
/*
 * Creates a tap as a port of the bridge @bridge, with the bridge's MTU. @mac is the guest's; the
 * host's end gets one with a higher first byte, because a bridge takes the lowest MAC address of
 * its ports.
 */
int tap_open_bridge(struct tap *tap, const char *bridge, const u8 mac[6], struct err *err);
/* May be called on a tap whose fd is -1. */
void tap_close(struct tap *tap);

/*
 * Tells the kernel which offloads (TUN_F_*) the tap's reader accepts: large frames and frames
 * without checksums.
 */
int tap_offload(int fd, unsigned offload, struct err *err);

#endif
