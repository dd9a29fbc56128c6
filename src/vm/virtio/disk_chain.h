/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other files that a disk image names: one behind it (a backing file, a parent), one that has
 * its data (qcow2's external data file), the pieces that it is made of (VMDK's extents). An image
 * that somebody else made names what he likes, and whoever opens it opens that: so a machine has
 * only those that its user asked for.
 *
 * QEMU's docs/interop/qcow2.txt and qed_spec.txt; VMware's Virtual Disk Format 5.0.
 */
#ifndef VM_VIRTIO_DISK_CHAIN_H
#define VM_VIRTIO_DISK_CHAIN_H

#include "base/err.h"
#include "base/types.h"

#define DISK_CHAIN_MAX   16   /* files behind an image */
#define DISK_CHAIN_NAMES 8    /* that one image names */
#define DISK_NAME_MAX    1024 /* with the NUL; QEMU reads 1023 bytes */

struct disk_name {
	enum disk_name_kind { DISK_BACKING, DISK_DATA, DISK_EXTENT } kind;
	char text[DISK_NAME_MAX]; /* as the image has it */
	char format[16];          /* QEMU's name, where the image tells it; else "" */
};

struct disk_names {
	struct disk_name names[DISK_CHAIN_NAMES];
	unsigned nr;
};

/*
 * What the image in @fd, of @format, names. 0; -EINVAL where its header makes no sense or names
 * more than can be kept; another -errno where it cannot be read. Reads a few KiB, whatever the
 * image says.
 */
int disk_names_read(int fd, const char *format, struct disk_names *names);

struct disk_chain {
	struct disk_file {
		char *path;
		enum disk_name_kind kind;
	} files[DISK_CHAIN_MAX];
	unsigned nr; /* the image itself not among them */
};

/*
 * Follows the names from @path on, an image of @format, in @fd. Where there are any and not
 * @allowed, refuses with all of them in the message. -ELOOP: too many. The caller closes it.
 */
int disk_chain_open(struct disk_chain *chain, const char *path, int fd, const char *format,
	bool allowed, struct err *err);
void disk_chain_close(struct disk_chain *chain);

#endif
