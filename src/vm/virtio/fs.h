/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory of the host's in the guest (VIRTIO 1.2, section 5.11), served by the distribution's
 * virtiofsd, which this starts and stops, over vhost-user. Linux guests mount it by its tag:
 * mount -t virtiofs TAG /mnt.
 */
#ifndef VM_VIRTIO_FS_H
#define VM_VIRTIO_FS_H

#include "base/child.h"
#include "vm/virtio/vhost_user_dev.h"

#define FS_TAG_MAX 36 /* bytes, without a terminating zero */
#define FS_CLASS   0x018000

struct fs_config {
	const char *directory;
	const char *tag; /* 1 to FS_TAG_MAX bytes */
	bool read_only;
	struct loop *loop;
};

struct fs {
	struct child child;
	struct vhost_user_dev user; /* its .dev is for the transport */
	char name[64];
};

#define FS_MAX_ARGS 12

struct fs_args {
	const char *argv[FS_MAX_ARGS];
	char source[4096 + 16];
};

/*
 * The command line. @of_qemu: @program is the virtiofsd that came with QEMU up to 7.2, not the one
 * that followed it. Both texts outlive @args. -EINVAL: it cannot be given that directory. Pure.
 */
int fs_args(struct fs_args *args, const char *program, bool of_qemu, const char *directory);

int fs_open(struct fs *fs, const struct fs_config *config, struct err *err);
/* The device's transport is closed. Safe on a zeroed struct. */
void fs_close(struct fs *fs);

#endif
