/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vhost-user front end: another process is the back end of a virtio device. It gets the guest's
 * memory and the rings by messages over a socket, and then serves the rings by itself.
 *
 * The back end is not trusted: replies are bounded and must be what was asked for, files that
 * come unasked are closed, and it makes us wait no longer than @patience: in one message, and in
 * messages that follow each other, as those do by which a driver starts a device. Once the machine
 * is to end no message waits longer than VHOST_USER_LAST_MS. After any failure the connection is
 * broken for good: the socket is shut down, and every call returns -EPIPE.
 * The caller owns struct vhost_user. Any thread, one message at a time.
 *
 * QEMU's docs/interop/vhost-user.rst is the protocol's specification.
 */
#ifndef VM_VIRTIO_VHOST_USER_H
#define VM_VIRTIO_VHOST_USER_H

#include <pthread.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/types.h"

#define VHOST_USER_MAX_CONFIG  256
#define VHOST_USER_MAX_REGIONS 8
#define VHOST_USER_PATIENCE    20000 /* ms; stopping a ring waits for the requests in flight */

struct vhost_user {
	pthread_mutex_t lock;
	int fd; /* -1 before vhost_user_open() and after vhost_user_close() */
	const char *name;
	int patience; /* ms, see above */
	u64 waited;   /* ns of @patience that are used up; guarded by @lock, as is @answered */
	u64 answered; /* when we last stopped waiting */
	struct loop
		*loop; /* the machine's: once it ends, VHOST_USER_LAST_MS are left; may be NULL */
	u64 signalled; /* when a signal was first seen that the machine has not taken; 0 */
	bool broken;   /* set once */
	u64 features;  /* what the back end has, VHOST_USER_F_PROTOCOL_FEATURES taken out */
	bool has_protocol; /* it knows protocol features: rings are to be enabled */
	u64 protocol;      /* those in use */
	unsigned max_queues;
};

/*
 * A call may be made with the PCI hierarchy's lock held, which whoever ends the machine may want.
 */
#define VHOST_USER_LAST_MS 300

/* Guest memory that the back end maps. */
struct vhost_user_region {
	u64 gpa;
	u64 size;
	u64 address; /* in this process; ring addresses refer to it */
	int fd;
	u64 offset; /* in the file */
};

struct vhost_user_ring {
	u16 size; /* entries */
	u32 base; /* in the form of struct virtio_queue.position */
	const void *desc, *avail, *used;
	int kick_fd;
	int call_fd;
};

/*
 * Starts the session. Takes over @fd, a connected socket, even on failure. @name: for messages;
 * must outlive the connection. @patience: VHOST_USER_PATIENCE, except in tests.
 */
int vhost_user_open(
	struct vhost_user *user, int fd, const char *name, int patience, struct err *err);
/* Closes the connection, which the back end notices. Safe if @name is NULL. */
void vhost_user_close(struct vhost_user *user);

/* Whether the connection is broken; notices if the back end has just closed it. */
bool vhost_user_is_broken(struct vhost_user *user);

/* Sets the features that the driver chose. */
int vhost_user_set_features(struct vhost_user *user, u64 features, struct err *err);

/* @nr: at most VHOST_USER_MAX_REGIONS. */
int vhost_user_set_memory(struct vhost_user *user, const struct vhost_user_region *regions,
	unsigned nr, struct err *err);

int vhost_user_start_ring(struct vhost_user *user, unsigned index,
	const struct vhost_user_ring *ring, struct err *err);
/* Waits until the back end has stopped using the ring. *@base: its position then; may be NULL. */
int vhost_user_stop_ring(struct vhost_user *user, unsigned index, u32 *base, struct err *err);

/* Access the device's config space. @size is at most VHOST_USER_MAX_CONFIG. */
int vhost_user_get_config(struct vhost_user *user, void *config, unsigned size, struct err *err);
int vhost_user_set_config(struct vhost_user *user, unsigned offset, const void *bytes,
	unsigned size, struct err *err);

#endif
