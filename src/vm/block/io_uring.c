// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>

#include "vm/block/io.h"

struct uring {
	struct io_uring ring;
	bool fixed;   /* @fd is registered */
	bool waiting; /* polling @wake */
};

/* A kernel refuses flags that it does not know, so try the newest first. */
static const unsigned flags[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, /* 6.1 */
	IORING_SETUP_COOP_TASKRUN,                               /* 5.19 */
	0,
};

static int open_ring(struct uring *u, unsigned entries)
{
	int ret = -EINVAL;

	for (unsigned i = 0; i < ARRAY_SIZE(flags) && ret == -EINVAL; i++)
		ret = io_uring_queue_init(entries, &u->ring, flags[i] | IORING_SETUP_CLAMP);
	return ret;
}

static int uring_open(struct block_io *io)
{
	struct uring *u = calloc(1, sizeof(*u));
	int ret;

	if (!u)
		return -ENOMEM;
	ret = open_ring(u, io->depth + 1);
	if (ret) {
		free(u);
		return ret;
	}
	u->fixed = !io_uring_register_files(&u->ring, &io->fd, 1);
	io->state = u;
	return 0;
}

static void uring_close(struct block_io *io)
{
	struct uring *u = io->state;

	io_uring_queue_exit(&u->ring);
	free(u);
}

/*
 * If no entry is free, submit until one is: only a kernel that accepts no work at all leaves none.
 */
static struct io_uring_sqe *next_entry(struct uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	while (!sqe) {
		io_uring_submit(&u->ring);
		sqe = io_uring_get_sqe(&u->ring);
	}
	return sqe;
}

static void uring_submit(struct block_io *io, struct block_op *op)
{
	struct uring *u = io->state;
	struct io_uring_sqe *sqe = next_entry(u);
	int fd = u->fixed ? 0 : io->fd;

	switch (op->kind) {
	case BLOCK_OP_READ:
		io_uring_prep_readv(sqe, fd, op->iov, op->nr_iov, op->offset);
		break;
	case BLOCK_OP_WRITE:
		io_uring_prep_writev(sqe, fd, op->iov, op->nr_iov, op->offset);
		break;
	case BLOCK_OP_WRITE_SYNC:
		io_uring_prep_writev2(sqe, fd, op->iov, op->nr_iov, op->offset, RWF_DSYNC);
		break;
	case BLOCK_OP_SYNC:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	case BLOCK_OP_ALLOCATE:
		io_uring_prep_fallocate(sqe, fd, op->mode, (off_t)op->offset, (off_t)op->length);
		break;
	}
	if (u->fixed)
		sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data(sqe, op);
}

/* The eventfd need not be read: each new signal completes the poll again. */
static void await_wake(struct block_io *io, struct uring *u)
{
	struct io_uring_sqe *sqe;

	if (u->waiting)
		return;
	sqe = next_entry(u);
	io_uring_prep_poll_multishot(sqe, io->wake, POLLIN);
	io_uring_sqe_set_data(sqe, NULL);
	u->waiting = true;
}

static void reap(struct block_io *io, struct uring *u)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(&u->ring, &cqe)) {
		struct block_op *op = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		if (!op && !(cqe->flags & IORING_CQE_F_MORE))
			u->waiting = false;
		io_uring_cqe_seen(&u->ring, cqe);
		if (op)
			io->done(io->owner, op, result);
	}
}

static int uring_wait(struct block_io *io, bool block)
{
	struct uring *u = io->state;
	int ret;

	await_wake(io, u);
	ret = block ? io_uring_submit_and_wait(&u->ring, 1)
		    : io_uring_submit_and_get_events(&u->ring);
	reap(io, u);
	return ret < 0 && ret != -EINTR && ret != -EAGAIN && ret != -EBUSY ? ret : 0;
}

const struct block_io_ops block_io_uring = { uring_open, uring_close, uring_submit, uring_wait };
