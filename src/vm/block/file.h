/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file or block device of the host that is a guest's disk: opened, locked against a second
 * machine, and measured.
 */
#ifndef VM_BLOCK_FILE_H
#define VM_BLOCK_FILE_H

#include "base/err.h"
#include "base/types.h"

#define BLOCK_SECTOR 512u /* virtio's unit, whatever the block size */

struct block_file {
	int fd;
	u64 size;     /* bytes, a multiple of BLOCK_SECTOR */
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
int block_file_open(
	struct block_file *file, const char *path, bool read_only, bool direct, struct err *err);
/* Safe where open failed. */
void block_file_close(struct block_file *file);

#endif
