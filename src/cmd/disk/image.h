/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk image or a block device is, as far as `tenon disk` shows it. */
#ifndef CMD_DISK_IMAGE_H
#define CMD_DISK_IMAGE_H

#include "kernel/file_lock.h"
#include "vm/virtio/disk_chain.h"
#include "vm/virtio/disk_format.h"

struct disk_image {
	const char *path;
	const char *format; /* QEMU's name */
	u64 size;           /* bytes, as the guest sees it; 0: not known */
	u64 allocated;      /* bytes that it takes on the host */
	bool is_device;
	bool in_use; /* somebody has locked it */
	char holder[FILE_HOLDER_SIZE];
	struct disk_names names; /* the files that it names */
	struct err problem;      /* what `run` would say against it; no code: nothing */
};

/*
 * @asked: the format; NULL: what its first bytes say. Opens no file that the image names: if its
 * data is in such files, its size is not known. Returns 0 or -errno.
 */
int disk_image_read(struct disk_image *image, const char *path, const char *asked, struct err *err);

/* Whether a file is missing, which `tenon disk create` makes. Sets the message. */
int disk_image_missing(const char *path, struct err *err);

#endif
