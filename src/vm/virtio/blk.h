/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block device on an image file or a block device of the host: VIRTIO 1.2, section 5.2.
 *
 * Each queue has its own thread, which takes requests from the ring, submits them to the kernel
 * (vm/block/request.h) and puts them back when they are done; the queues share only the file. If
 * the device reports write-through, data is on stable storage (fdatasync) before the write is
 * acknowledged; a flush is acknowledged when all earlier writes are on stable storage.
 *
 * The caller owns the struct. Locking as in vm/virtio/virtio.h; the queues' threads take none of
 * those locks.
 */
#ifndef VM_VIRTIO_BLK_H
#define VM_VIRTIO_BLK_H

#include "base/loop.h"
#include "vm/block/file.h"
#include "vm/virtio/virtio.h"

#define BLK_MAX_QUEUES 16
#define BLK_SERIAL     20 /* VIRTIO_BLK_ID_BYTES */
#define BLK_CLASS      0x010000

struct blk_config {
	const char *path;
	const char *serial; /* may be NULL; at most BLK_SERIAL bytes */
	bool read_only;
	bool direct;      /* past the host's page cache (O_DIRECT) */
	bool packed;      /* offers packed rings, too */
	unsigned queues;  /* 1 to BLK_MAX_QUEUES */
	u64 *bounce_used; /* of the machine's budget, see vm/block/request.h; NULL: of its own */
	struct loop
		*loop; /* the machine's: once it has ended, long requests are cut; may be NULL */
};

struct blk_queue;

struct blk {
	struct virtio_dev dev;
	struct block_file file;
	char name[160];
	char serial[BLK_SERIAL];
	bool write_through; /* atomic: writes are in the file before they are acknowledged */
	u64 *bounce_used;   /* as configured, like @loop */
	struct loop *loop;
	struct blk_queue *queues[BLK_MAX_QUEUES];
	unsigned nr_queues;
};

/* Opens and locks the file and starts the threads. */
int blk_open(struct blk *blk, const struct blk_config *config, struct err *err);
/* The transport must be closed. Safe on a zeroed struct. */
void blk_close(struct blk *blk);

#endif
