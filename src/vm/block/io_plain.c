// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vm/block/io.h"

struct plain {
	struct block_op *first, **last;
};

static int plain_open(struct block_io *io)
{
	struct plain *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->last = &p->first;
	io->state = p;
	return 0;
}

static void plain_close(struct block_io *io)
{
	free(io->state);
}

static void plain_submit(struct block_io *io, struct block_op *op)
{
	struct plain *p = io->state;

	op->next = NULL;
	*p->last = op;
	p->last = &op->next;
}

static int perform(const struct block_io *io, const struct block_op *op)
{
	ssize_t ret = -1;

	switch (op->kind) {
	case BLOCK_OP_READ:
		ret = preadv(io->fd, op->iov, (int)op->nr_iov, (off_t)op->offset);
		break;
	case BLOCK_OP_WRITE:
		ret = pwritev(io->fd, op->iov, (int)op->nr_iov, (off_t)op->offset);
		break;
	case BLOCK_OP_WRITE_SYNC:
		ret = pwritev2(io->fd, op->iov, (int)op->nr_iov, (off_t)op->offset, RWF_DSYNC);
		break;
	case BLOCK_OP_SYNC:
		ret = fdatasync(io->fd);
		break;
	case BLOCK_OP_ALLOCATE:
		ret = fallocate(io->fd, op->mode, (off_t)op->offset, (off_t)op->length);
		break;
	}
	return ret < 0 ? -errno : (int)ret;
}

static void await_wake(const struct block_io *io)
{
	struct pollfd p = { .fd = io->wake, .events = POLLIN };
	eventfd_t count;

	poll(&p, 1, -1);
	eventfd_read(io->wake, &count);
}

static int plain_wait(struct block_io *io, bool block)
{
	struct plain *p = io->state;
	struct block_op *op = p->first;

	if (!op && block)
		await_wake(io);
	/* Operations that done() submits must wait for the next call. */
	p->first = NULL;
	p->last = &p->first;
	while (op) {
		struct block_op *next = op->next;

		io->done(io->owner, op, perform(io, op));
		op = next;
	}
	return 0;
}

const struct block_io_ops block_io_plain = { plain_open, plain_close, plain_submit, plain_wait };
