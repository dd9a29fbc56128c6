/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the format of a disk image. Pure functions.
 *
 * A guest with a raw disk can write the header of any other format to it, naming any backing file.
 * So an image's format is only accepted if its first bytes and its name agree, or if the user
 * states it.
 */
#ifndef VM_VIRTIO_DISK_FORMAT_H
#define VM_VIRTIO_DISK_FORMAT_H

#include "base/err.h"
#include "base/types.h"

#define DISK_FORMAT_HEAD 32 /* first bytes of an image that tell the formats apart */
#define DISK_FORMAT_RAW  "raw"

/* QEMU's name of what the image's first bytes say, or NULL: raw, or nothing known. */
const char *disk_format_of(const void *head, size_t size);

/*
 * Sets *@format to QEMU's name for the image's format: raw, qcow2, vmdk, ... @head: the image's
 * first @size bytes (fewer than DISK_FORMAT_HEAD only if the image is shorter). @asked: the user's
 * choice, or NULL. -EINVAL with a message if the name and the bytes disagree.
 */
int disk_format_find(const char **format, const char *path, const void *head, size_t size,
	const char *asked, struct err *err);

#endif
