/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on a file that is done behind the back of one thread: by io_uring, or one piece after the
 * other on that thread where the host has no io_uring for us (kernel.io_uring_disabled, seccomp).
 *
 * All calls on one struct come from one thread, which also opens it.
 */
#ifndef VM_BLOCK_IO_H
#define VM_BLOCK_IO_H

#include <sys/uio.h>

#include "base/err.h"
#include "base/types.h"

enum block_op_kind {
	BLOCK_OP_READ,
	BLOCK_OP_WRITE,
	BLOCK_OP_WRITE_SYNC, /* as with RWF_DSYNC */
	BLOCK_OP_SYNC,       /* fdatasync */
	BLOCK_OP_ALLOCATE,   /* fallocate(@mode) */
};

/* One piece of work; the caller keeps it until it is done. */
struct block_op {
	enum block_op_kind kind;
	const struct iovec *iov; /* of reads and writes */
	unsigned nr_iov;
	int mode;
	u64 offset;
	u64 length; /* of BLOCK_OP_ALLOCATE */
	struct block_op *next;
};

struct block_io_ops;

struct block_io {
	const struct block_io_ops *ops;
	int fd;
	int wake;       /* eventfd */
	unsigned depth; /* ops under way at once */
	/* @result: bytes, or -errno. */
	void (*done)(void *owner, struct block_op *op, int result);
	void *owner;
	int no_uring; /* -errno: why io_uring is not used */

	/* Of the way of doing it: */
	void *state;
};

struct block_io_ops {
	int (*open)(struct block_io *io);
	void (*close)(struct block_io *io);
	void (*submit)(struct block_io *io, struct block_op *op);
	int (*wait)(struct block_io *io, bool block);
};

extern const struct block_io_ops block_io_uring;
extern const struct block_io_ops block_io_plain;

/*
 * With io_uring, else without. @fd, @wake, @depth, @done and @owner are set. -errno where neither
 * works.
 */
int block_io_open(struct block_io *io);
/* Nothing is under way. */
void block_io_close(struct block_io *io);

/* Begins with the next block_io_wait(), at the latest. */
void block_io_submit(struct block_io *io, struct block_op *op);
/*
 * Calls done() for each op that is; waits for one, or for a signal of @wake, where @block. Returns
 * 0, or -errno where it cannot go on.
 */
int block_io_wait(struct block_io *io, bool block);

#endif
