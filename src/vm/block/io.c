// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/block/io.h"

int block_io_open(struct block_io *io)
{
	if (io->nbd) {
		io->ops = &block_io_nbd;
		return io->ops->open(io);
	}
	io->ops = &block_io_uring;
	io->no_uring = io->ops->open(io);
	if (!io->no_uring)
		return 0;
	io->ops = &block_io_plain;
	return io->ops->open(io);
}

void block_io_close(struct block_io *io)
{
	io->ops->close(io);
}

void block_io_submit(struct block_io *io, struct block_op *op)
{
	io->ops->submit(io, op);
}

int block_io_wait(struct block_io *io, bool block)
{
	return io->ops->wait(io, block);
}
