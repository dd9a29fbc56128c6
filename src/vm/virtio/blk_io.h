/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on a file that is done behind the back of one thread: by io_uring, or one piece after the
 * other on that thread where the host has no io_uring for us (kernel.io_uring_disabled, seccomp).
 *
 * All calls on one struct come from one thread, which also opens it.
 */
#ifndef VM_VIRTIO_BLK_IO_H
#define VM_VIRTIO_BLK_IO_H

#include <sys/uio.h>

#include "base/err.h"
#include "base/types.h"

enum blk_op_kind {
	BLK_OP_READ,
	BLK_OP_WRITE,
	BLK_OP_WRITE_SYNC, /* as with RWF_DSYNC */
	BLK_OP_SYNC,       /* fdatasync */
	BLK_OP_ALLOCATE,   /* fallocate(@mode) */
};

/* One piece of work; the caller keeps it until it is done. */
struct blk_op {
	enum blk_op_kind kind;
	const struct iovec *iov; /* of reads and writes */
	unsigned nr_iov;
	int mode;
	u64 offset;
	u64 length; /* of BLK_OP_ALLOCATE */
	struct blk_op *next;
};

struct blk_io_ops;

struct blk_io {
	const struct blk_io_ops *ops;
	int fd;
	int wake;       /* eventfd */
	unsigned depth; /* ops under way at once */
	/* @result: bytes, or -errno. */
	void (*done)(void *owner, struct blk_op *op, int result);
	void *owner;
	int no_uring; /* -errno: why io_uring is not used */

	/* Of the way of doing it: */
	void *state;
};

struct blk_io_ops {
	int (*open)(struct blk_io *io);
	void (*close)(struct blk_io *io);
	void (*submit)(struct blk_io *io, struct blk_op *op);
	int (*wait)(struct blk_io *io, bool block);
};

extern const struct blk_io_ops blk_io_uring;
extern const struct blk_io_ops blk_io_plain;

/*
 * With io_uring, else without. @fd, @wake, @depth, @done and @owner are set. -errno where neither
 * works.
 */
int blk_io_open(struct blk_io *io);
/* Nothing is under way. */
void blk_io_close(struct blk_io *io);

/* Begins with the next blk_io_wait(), at the latest. */
void blk_io_submit(struct blk_io *io, struct blk_op *op);
/*
 * Calls done() for each op that is; waits for one, or for a signal of @wake, where @block. Returns
 * 0, or -errno where it cannot go on.
 */
int blk_io_wait(struct blk_io *io, bool block);

#endif
