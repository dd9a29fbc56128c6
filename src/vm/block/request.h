/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the file behind a disk, for every kind of disk device: reads and writes between the
 * file and pieces of guest memory, flushes, discards and writes of zeroes.
 *
 * A struct block_queue is the way of one thread to a file. Its requests are under way beside each
 * other and are done in any order. What cannot go to the file as it lies in the guest's memory is
 * copied (a bounce buffer). A guest can have hundreds of requests under way in each of a hundred
 * queues, so the disks of a machine share one budget for such copies. A queue may always have one,
 * so that it goes on; a request that finds no room waits until another of its queue gives its back.
 *
 * One thread makes all calls on a queue, and done() is called on it. The caller owns the structs.
 */
#ifndef VM_BLOCK_REQUEST_H
#define VM_BLOCK_REQUEST_H

#include "base/log.h"
#include "vm/block/file.h"
#include "vm/block/io.h"

#define BLOCK_BOUNCE_SIZE   (1 * MIB)  /* of one copy: more is transferred piece by piece */
#define BLOCK_BOUNCE_BUDGET (64 * MIB) /* of all copies, but for the first of each queue */
/* Of one operation: a driver's reset waits for what the kernel has under way. */
#define BLOCK_MAX_TRANSFER (2 * MIB)
#define BLOCK_MAX_RANGE    (32 * MIB) /* the same for discards and writes of zeroes */

enum block_kind {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,        /* all completed writes are on stable storage afterwards */
	BLOCK_DISCARD,      /* a hint: the range may read as anything; never fails */
	BLOCK_WRITE_ZEROES, /* the range reads as zeroes afterwards */
};

struct block_queue;

struct block_request {
	/* Set by the caller before block_request_start(): */
	struct block_queue *queue;
	enum block_kind kind;
	bool through;       /* write-through: on stable storage before it is done */
	bool unmap;         /* BLOCK_WRITE_ZEROES: the file may deallocate the range */
	u64 offset;         /* bytes */
	u64 left;           /* bytes; for reads and writes the size of @data */
	struct iovec *data; /* changed while the request runs */
	unsigned nr_data;
	/* @result: 0, or -errno after the error has been logged. */
	void (*done)(struct block_request *request, int result);

	/* For block/request.c only: */
	struct block_op op;
	u64 size;     /* bytes in all */
	bool zeroing; /* the file cannot zero the range, so zeroes are written */
	u8 *bounce;
	size_t bounce_size;
	struct iovec bounced; /* what is in the bounce buffer and not transferred yet */
	struct iovec piece;   /* of a buffer that is too long for one operation */
	struct block_request *next;
};

struct block_queue {
	const char *name; /* for messages, e.g. "disk /srv/a.img" */
	struct block_file *file;
	struct block_io io;
	/* After block_queue_init(): bytes of the budget in use, atomic; the queue's own by default.
	 */
	u64 *bounce_used;
	/* Atomic: requests that are not done yet fail with -ECANCELED. NULL: never. */
	const bool *stop;

	/* Of block/request.c: */
	u64 own_bounce_used;
	unsigned nr_bounces;
	struct block_request *waiting, **last; /* for a bounce buffer, oldest first */
};

/*
 * @name and @file must outlive the queue; @depth: most operations in flight. The caller sets
 * @queue->io.wake, and opens the io with block_io_open(&queue->io) before the first request.
 */
void block_queue_init(
	struct block_queue *queue, const char *name, struct block_file *file, unsigned depth);

/*
 * Starts the request. 0: done() will be called, perhaps before this returns. -EINVAL if the range
 * is not within the disk or not a whole number of sectors; -EROFS if the disk is read-only.
 */
int block_request_start(struct block_request *request);

#endif
