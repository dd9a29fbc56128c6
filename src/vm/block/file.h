/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file or block device of the host that is a guest's disk: opens it, locks it against use by a
 * second machine, and finds its sizes.
 */
#ifndef VM_BLOCK_FILE_H
#define VM_BLOCK_FILE_H

#include "base/err.h"
#include "base/types.h"

#define BLOCK_SECTOR 512u /* virtio's unit, whatever the block size */

struct nbd_export;

/* What a disk's requests come to. Atomic: its threads add to it, the loop's thread reads. */
struct block_counts {
	u64 reads, writes, flushes, discards; /* writes of zeroes are writes */
	u64 read_bytes, written_bytes, discarded_bytes;
	u64 failed; /* of any kind */
};

struct block_file {
	int fd;
	struct nbd_export *nbd; /* another process serves the disk (vm/block/nbd.h); else NULL */
	u64 size;               /* bytes, a multiple of BLOCK_SECTOR */
	u32 block;              /* bytes: the smallest unit of reads and writes */
	u32 physical;           /* bytes: the smallest unit written without a read first */
	u32 align;              /* alignment of memory for reads and writes; 1: any */
	bool is_device;
	bool read_only;
	struct block_counts counts; /* of vm/block/request.c */
};

/* @direct: use O_DIRECT. -EBUSY if another process has locked it. */
int block_file_open(
	struct block_file *file, const char *path, bool read_only, bool direct, struct err *err);
/* Safe if opening failed. */
void block_file_close(struct block_file *file);

#endif
