/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio device whose back end is another process, reached by vhost-user: a disk of
 * qemu-storage-daemon's, a directory of virtiofsd's. All of guest RAM is to be files (see
 * ram_open_shared()), which the back end maps.
 *
 * When the back end goes, the device is broken: the driver is told that it needs a reset, which
 * does not help, and the log says so. The machine goes on.
 *
 * The caller owns the struct and keeps it until its transport is closed. Locking as in virtio.h.
 */
#ifndef VM_VIRTIO_VHOST_USER_DEV_H
#define VM_VIRTIO_VHOST_USER_DEV_H

#include "base/child.h"
#include "base/loop.h"
#include "vm/virtio/vhost_user.h"
#include "vm/virtio/virtio.h"

struct vhost_user_dev_config {
	const char *name;    /* of the device, for messages; outlives it */
	u16 id;              /* VIRTIO_ID_* */
	u64 features;        /* of this kind of device; offered where the back end has them */
	unsigned nr_queues;  /* the back end may have fewer */
	unsigned min_queues; /* with less than that it is useless */
	u16 queue_size;
	u32 config_size;
	const void *config; /* NULL: the back end has it */
	/* A byte of the back end's config space as it is after each reset. */
	struct vhost_user_preset {
		u64 feature; /* where the back end has it; 0: there is no such byte */
		u32 offset;
		u8 value;
	} preset;
	struct loop *loop;
};

struct vhost_user_dev {
	struct virtio_dev dev;
	struct vhost_user user;
	struct loop *loop;
	struct child *child; /* the program that serves it; may be NULL */
	struct loop_source hangup;
	bool config_is_theirs;
	struct vhost_user_preset preset;
};

/* Consumes @fd, a socket connected to the back end, also on failure. */
int vhost_user_dev_open(struct vhost_user_dev *d, int fd,
	const struct vhost_user_dev_config *config, struct err *err);
/*
 * The same with a program that is started for it: it finds a listening socket as its file
 * CHILD_FIRST_FD. @program: without files. The caller stops the child after the device is closed,
 * also on failure, whose message has what the program said.
 */
int vhost_user_dev_start(struct vhost_user_dev *d, struct child *child,
	const struct child_config *program, const struct vhost_user_dev_config *config,
	struct err *err);
/* The device's transport is closed. Safe on a zeroed struct. */
void vhost_user_dev_close(struct vhost_user_dev *d);

#endif
