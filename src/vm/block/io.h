/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asynchronous operations on a file, for one thread: by io_uring, or synchronously on the thread
 * itself if io_uring is not available (kernel.io_uring_disabled, seccomp); or on a disk that
 * another process serves over NBD.
 *
 * The thread that opens a struct makes all calls on it.
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

/* One operation; the caller keeps it until it is done. */
struct block_op {
	enum block_op_kind kind;
	const struct iovec *iov; /* for reads and writes */
	unsigned nr_iov;
	int mode;
	u64 offset;
	u64 length; /* for BLOCK_OP_ALLOCATE */
	struct block_op *next;
};

struct block_io_ops;
struct nbd_export;

struct block_io {
	const struct block_io_ops *ops;
	int fd;
	struct nbd_export *nbd; /* NULL: the disk is @fd */
	int wake;               /* eventfd */
	unsigned depth;         /* most operations in flight */
	/* @result: bytes, or -errno. */
	void (*done)(void *owner, struct block_op *op, int result);
	void *owner;
	int no_uring; /* -errno: why io_uring is not used */

	/* Of the implementation in @ops: */
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
extern const struct block_io_ops block_io_nbd;

/*
 * Uses NBD if there is @nbd; else io_uring, or synchronous calls if that fails. The caller has set
 * @fd, @nbd, @wake, @depth, @done and @owner. -errno if neither works.
 */
int block_io_open(struct block_io *io);
/* No operation may be in flight. */
void block_io_close(struct block_io *io);

/* The operation starts now, or in the next block_io_wait(). */
void block_io_submit(struct block_io *io, struct block_op *op);
/*
 * Calls done() for each operation that is done; with @block it first waits for one, or for a signal
 * of @wake. Returns 0, or -errno if no more operations are possible.
 */
int block_io_wait(struct block_io *io, bool block);

#endif
