/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio device whose back end is another process, reached over vhost-user: qemu-storage-daemon
 * for a disk, virtiofsd for a directory. All guest RAM must be in files that the back end can map
 * (see ram_open_shared()).
 *
 * If the back end ends, the device is broken: the driver is told that it needs a reset, which does
 * not help, and the log says why. The machine goes on.
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
	const char *name;    /* for messages; outlives the device */
	u16 id;              /* VIRTIO_ID_* */
	u64 features;        /* possible ones; the back end's subset is offered */
	unsigned nr_queues;  /* the back end may have fewer */
	unsigned min_queues; /* fewer than this are an error */
	u16 queue_size;
	u32 config_size;
	const void *config; /* NULL: read it from the back end */
	/* A byte of the back end's config space that is set at the start and after each reset. */
	struct vhost_user_preset {
		u64 feature; /* needed for the byte; 0: there is none to set */
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

/* Takes over @fd, a socket connected to the back end, even on failure. */
int vhost_user_dev_open(struct vhost_user_dev *d, int fd,
	const struct vhost_user_dev_config *config, struct err *err);
/*
 * The same with a program that this starts: it gets a listening socket as its file descriptor
 * CHILD_FIRST_FD. @program: without files. The caller stops the child after the device is closed,
 * also after a failure. The failure's message includes what the program printed.
 */
int vhost_user_dev_start(struct vhost_user_dev *d, struct child *child,
	const struct child_config *program, const struct vhost_user_dev_config *config,
	struct err *err);
/* The device's transport must be closed. Safe on a zeroed struct. */
void vhost_user_dev_close(struct vhost_user_dev *d);

#endif
