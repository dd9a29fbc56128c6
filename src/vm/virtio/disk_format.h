/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What format a disk image has. Pure.
 *
 * A guest that has a raw disk can write the beginning of any other format to it, with a backing
 * file of its choice: an image is only taken for what both its first bytes and its name say, or
 * for what the user says.
 */
#ifndef VM_VIRTIO_DISK_FORMAT_H
#define VM_VIRTIO_DISK_FORMAT_H

#include "base/err.h"
#include "base/types.h"

#define DISK_FORMAT_HEAD 32 /* bytes from the start that tell the formats apart */
#define DISK_FORMAT_RAW  "raw"

/* QEMU's name of what the image's first bytes say, or NULL: raw, or nothing known. */
const char *disk_format_of(const void *head, size_t size);

/*
 * Sets *@format to QEMU's name of the image's format: raw, qcow2, vmdk, ... @head: the image's
 * first bytes, @size of them (fewer than DISK_FORMAT_HEAD where it is shorter). @asked: what the
 * user says, or NULL. -EINVAL with a message where the name and the bytes differ.
 */
int disk_format_find(const char **format, const char *path, const void *head, size_t size,
	const char *asked, struct err *err);

#endif
