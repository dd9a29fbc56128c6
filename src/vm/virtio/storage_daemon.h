/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images in QEMU's formats (qcow2, VMDK, ...): for each of them this starts a
 * qemu-storage-daemon, which serves the disk over vhost-user to a virtio device, or over NBD to a
 * device of this process, and stops it.
 *
 * This process opens the image and the files behind it that the user allowed, and gives them to the
 * daemon (kernel/supervisor.h), which can open nothing, is no user of the host, and has namespaces
 * of its own (kernel/confine.h): a header that somebody else made leads nowhere.
 *
 * The image is locked as QEMU's tools lock it. The daemon ends with the machine, kill -9 included;
 * what the guest flushed is on the disk then.
 */
#ifndef VM_VIRTIO_STORAGE_DAEMON_H
#define VM_VIRTIO_STORAGE_DAEMON_H

#include "base/child.h"
#include "vm/block/nbd.h"
#include "vm/virtio/vhost_user_dev.h"

struct storage_daemon_config {
	const char *path;   /* of the image */
	const char *format; /* QEMU's name for the format */
	bool read_only;
	bool direct;       /* past the host's page cache (O_DIRECT) */
	bool block_device; /* @path is one */
	bool backing;      /* the image may name other files, see disk_chain.h */
	bool unconfined;   /* for debugging: the daemon has this process's rights */
	unsigned queues;
	unsigned connections; /* of NBD; 0: over vhost-user */
	struct loop *loop;
};

struct storage_daemon {
	struct child child;
	struct vhost_user_dev user; /* the transport uses its .dev */
	struct nbd_export nbd;      /* with @connections: what the device uses */
	char name[160];
};

/* Room for the options that contain others; each holds at most a path and some words. */
#define STORAGE_DAEMON_TEXT (2 * 4096 + 256)

struct storage_daemon_args {
	const char *argv[10];
	char file[STORAGE_DAEMON_TEXT];
	char image[256];
	char server[64];
	char export[256];
};

/* Builds the command line. @program must outlive @args. -ENAMETOOLONG. Pure. */
int storage_daemon_args(struct storage_daemon_args *args, const char *program,
	const struct storage_daemon_config *config);

int storage_daemon_open(
	struct storage_daemon *daemon, const struct storage_daemon_config *config, struct err *err);
/*
 * The device must be closed, or its transport. Waits until the daemon has closed the image. Safe on
 * a zeroed struct.
 */
void storage_daemon_close(struct storage_daemon *daemon);

#endif
