// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/blk_io.h"

int blk_io_open(struct blk_io *io)
{
	io->ops = &blk_io_uring;
	io->no_uring = io->ops->open(io);
	if (!io->no_uring)
		return 0;
	io->ops = &blk_io_plain;
	return io->ops->open(io);
}

void blk_io_close(struct blk_io *io)
{
	io->ops->close(io);
}

void blk_io_submit(struct blk_io *io, struct blk_op *op)
{
	io->ops->submit(io, op);
}

int blk_io_wait(struct blk_io *io, bool block)
{
	return io->ops->wait(io, block);
}
