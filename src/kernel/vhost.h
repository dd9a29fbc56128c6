/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost in the kernel: a kernel thread serves the rings of a network device (linux/vhost.h). One
 * function per ioctl. The caller owns the file.
 */
#ifndef KERNEL_VHOST_H
#define KERNEL_VHOST_H

#include "base/err.h"
#include "base/types.h"

#define VHOST_MAX_REGIONS 8

struct vhost_region {
	u64 gpa;
	u64 size;
	void *host;
};

/* Where a ring is in this process, and the eventfds of its two notifications. */
struct vhost_ring {
	u16 size;
	u32 base; /* as struct virtio_queue.position */
	const void *desc, *avail, *used;
	int kick_fd;
	int call_fd;
};

/* Opens /dev/vhost-net and makes this process its owner. Returns the file or -errno. */
int vhost_net_open(struct err *err);

int vhost_get_features(int fd, u64 *features, struct err *err);
int vhost_set_features(int fd, u64 features, struct err *err);
/* @nr: at most VHOST_MAX_REGIONS. */
int vhost_set_memory(int fd, const struct vhost_region *regions, unsigned nr, struct err *err);
int vhost_set_ring(int fd, unsigned index, const struct vhost_ring *ring, struct err *err);
int vhost_get_base(int fd, unsigned index, u32 *base, struct err *err);
/* Has the kernel serve the ring from now on, with @tap_fd as the network; -1 stops it. */
int vhost_net_set_backend(int fd, unsigned index, int tap_fd, struct err *err);

#endif
