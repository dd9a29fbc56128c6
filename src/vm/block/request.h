/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the file behind a disk, for every kind of disk device: reads and writes between the
 * file and pieces of guest memory, flushes, discards and writes of zeroes.
 *
 * A struct block_queue connects one thread to a file. Its requests are in flight at the same time
 * and complete in any order. Data that the file cannot take from guest memory as it is, such as
 * misaligned pieces with O_DIRECT, is copied through a bounce buffer. The number of bounce buffers
 * is limited, and requests wait for a free one.
 *
 * One thread makes all calls on a queue, and done() is called on it. The caller owns the structs.
 */
#ifndef VM_BLOCK_REQUEST_H
#define VM_BLOCK_REQUEST_H

#include "base/log.h"
#include "vm/block/file.h"
#include "vm/block/io.h"

#define BLOCK_BOUNCE_SIZE (1 * MIB) /* of one buffer: larger transfers take several steps */
#define BLOCK_MAX_BOUNCES 32        /* in use by a queue at once */

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
	bool zeroing; /* the file cannot zero the range, so zeroes are written */
	u8 *bounce;
	struct iovec bounced; /* the part of the bounce buffer still to be transferred */
	struct block_request *next;
};

struct block_queue {
	const char *name; /* for messages, e.g. "disk /srv/a.img" */
	const struct block_file *file;
	struct block_io io;
	struct log_limit complaints;

	/* For block/request.c only: */
	unsigned nr_bounces;
	struct block_request *waiting, **last; /* for a bounce buffer, oldest first */
};

/*
 * @name and @file must outlive the queue; @depth: most operations in flight. The caller sets
 * @queue->io.wake, and opens the io with block_io_open(&queue->io) before the first request.
 */
void block_queue_init(
	struct block_queue *queue, const char *name, const struct block_file *file, unsigned depth);

/*
 * Starts the request. 0: done() will be called, perhaps before this returns. -EINVAL if the range
 * is not within the disk or not a whole number of sectors; -EROFS if the disk is read-only.
 */
int block_request_start(struct block_request *request);

#endif
