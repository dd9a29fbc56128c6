/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks in the formats that QEMU knows (qcow2, VMDK, ...): a qemu-storage-daemon for each, which
 * this starts and stops, serves it by vhost-user.
 *
 * The daemon opens the image and the files behind it that the user allowed, and nothing else
 * (kernel/confine.h): a header that somebody else made leads nowhere.
 *
 * The image is locked as QEMU's tools lock it. The daemon ends with the machine, kill -9 included;
 * what the guest flushed is on the disk then.
 */
#ifndef VM_VIRTIO_STORAGE_DAEMON_H
#define VM_VIRTIO_STORAGE_DAEMON_H

#include "base/child.h"
#include "vm/virtio/vhost_user_dev.h"

struct storage_daemon_config {
	const char *path;   /* of the image */
	const char *format; /* QEMU's name of it */
	bool read_only;
	bool direct;       /* past the host's page cache (O_DIRECT) */
	bool block_device; /* @path is one */
	bool backing;      /* the image may name other files, see disk_chain.h */
	unsigned queues;
	struct loop *loop;
};

struct storage_daemon {
	struct child child;
	struct vhost_user_dev user; /* its .dev is for the transport */
	char name[160];
};

/* Room for the options that are made of others, each at most a path and some words. */
#define STORAGE_DAEMON_TEXT (2 * 4096 + 256)

struct storage_daemon_args {
	const char *argv[8];
	char file[STORAGE_DAEMON_TEXT];
	char image[256];
	char export[256];
};

/* The command line. @program outlives @args. -ENAMETOOLONG. Pure. */
int storage_daemon_args(struct storage_daemon_args *args, const char *program,
	const struct storage_daemon_config *config);

int storage_daemon_open(
	struct storage_daemon *daemon, const struct storage_daemon_config *config, struct err *err);
/* The device's transport is closed. Waits until the image is closed. Safe on a zeroed struct. */
void storage_daemon_close(struct storage_daemon *daemon);

#endif
