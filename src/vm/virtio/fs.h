/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shares a directory of the host with the guest (VIRTIO 1.2, section 5.11) through the
 * distribution's virtiofsd, which this starts, connects to over vhost-user, and stops. Linux guests
 * mount it by its tag: mount -t virtiofs TAG /mnt.
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
	struct vhost_user_dev user; /* the transport uses its .dev */
	char name[64];
};

#define FS_MAX_ARGS 12

struct fs_args {
	const char *argv[FS_MAX_ARGS];
	char source[4096 + 16]; /* the option with the directory */
};

/*
 * Builds virtiofsd's command line. @of_qemu: @program is the virtiofsd that came with QEMU up to
 * 7.2, not its successor. Both strings must outlive @args. -EINVAL: the program cannot be given
 * that directory. Pure.
 */
int fs_args(struct fs_args *args, const char *program, bool of_qemu, const char *directory);

int fs_open(struct fs *fs, const struct fs_config *config, struct err *err);
/* The device's transport must be closed. Safe on a zeroed struct. */
void fs_close(struct fs *fs);

#endif
