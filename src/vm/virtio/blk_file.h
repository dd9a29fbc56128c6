/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file or block device of the host that is a guest's disk: opened, locked against a second
 * machine, and measured.
 */
#ifndef VM_VIRTIO_BLK_FILE_H
#define VM_VIRTIO_BLK_FILE_H

#include "base/err.h"
#include "base/types.h"

#define BLK_SECTOR 512u /* virtio's unit, whatever the block size */

struct blk_file {
	int fd;
	u64 size;     /* bytes, a multiple of BLK_SECTOR */
	u32 block;    /* bytes: the smallest that can be read or written */
	u32 physical; /* bytes: the smallest that is written without reading first */
	u32 align;    /* of memory for reads and writes; 1: any */
	bool is_device;
	bool read_only;
};

/*
 * @direct: with O_DIRECT. -EBUSY where another process uses it, as far as it
 * locks files.
 */
int blk_file_open(
	struct blk_file *file, const char *path, bool read_only, bool direct, struct err *err);
/* Safe where open failed. */
void blk_file_close(struct blk_file *file);

#endif
