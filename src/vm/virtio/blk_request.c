// SPDX-License-Identifier: GPL-2.0-or-later
/* VIRTIO 1.2, section 5.2.6: the requests of a block device. */
#include <errno.h>
#include <linux/virtio_blk.h>

#include "base/bytes.h"
#include "vm/virtio/blk_queue.h"

#define HEADER_SIZE 16u
#define RANGE_SIZE  16u /* struct virtio_blk_discard_write_zeroes */

static void answer(struct blk_request *r, u8 status)
{
	*r->status = status;
	/* The status is the last byte, so the length has to cover all bytes before it. */
	blk_queue_finish(r->queue, r, (u32)r->chain.in_size);
}

static void on_done(struct block_request *block, int result)
{
	struct blk_request *r = container_of(block, struct blk_request, block);

	answer(r, result ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK);
}

static void start(struct blk_request *r, enum block_kind kind, u64 sector, u64 bytes)
{
	/* A sector whose byte offset overflows is beyond the disk's end, too. */
	u64 offset = sector > ~0ull / BLOCK_SECTOR ? ~0ull : sector * BLOCK_SECTOR;

	r->block.queue = &r->queue->block;
	r->block.done = on_done;
	r->block.kind = kind;
	r->block.through = __atomic_load_n(&r->queue->blk->write_through, __ATOMIC_ACQUIRE);
	r->block.offset = offset;
	r->block.left = bytes;
	if (block_request_start(&r->block))
		answer(r, VIRTIO_BLK_S_IOERR);
}

static void start_read(struct blk_request *r, u64 sector)
{
	struct virtq_chain *chain = &r->chain;
	struct iovec *data = chain->iov + chain->nr_out;

	r->block.data = data;
	r->block.nr_data = chain->nr_in;
	if (!--data[chain->nr_in - 1].iov_len) /* the status */
		r->block.nr_data--;
	start(r, BLOCK_READ, sector, chain->in_size - 1);
}

static void start_write(struct blk_request *r, u64 sector)
{
	struct virtq_chain *chain = &r->chain;
	struct iovec *data = chain->iov;
	unsigned nr = chain->nr_out;
	size_t skip = HEADER_SIZE;

	while (nr && skip >= data->iov_len) {
		skip -= data->iov_len;
		data++;
		nr--;
	}
	if (nr) {
		data->iov_base = (char *)data->iov_base + skip;
		data->iov_len -= skip;
	}
	r->block.data = data;
	r->block.nr_data = nr;
	start(r, BLOCK_WRITE, sector, chain->out_size - HEADER_SIZE);
}

/* 5.2.6.1: the config space allows one range for each request. */
static void start_range(struct blk_request *r, bool discard)
{
	const struct blk *blk = r->queue->blk;
	u8 range[RANGE_SIZE];
	u32 flags;

	if (!virtio_dev_has(
		    &blk->dev, discard ? VIRTIO_BLK_F_DISCARD : VIRTIO_BLK_F_WRITE_ZEROES)) {
		answer(r, VIRTIO_BLK_S_UNSUPP);
		return;
	}
	if (r->chain.out_size != HEADER_SIZE + RANGE_SIZE) {
		answer(r, VIRTIO_BLK_S_IOERR);
		return;
	}
	virtq_read(&r->chain, HEADER_SIZE, range, sizeof(range));
	flags = get_le32(range + 12);
	if (flags & ~(discard ? 0 : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP)) {
		answer(r, VIRTIO_BLK_S_UNSUPP);
		return;
	}
	r->block.unmap = flags;
	start(r, discard ? BLOCK_DISCARD : BLOCK_WRITE_ZEROES, get_le64(range),
		(u64)get_le32(range + 8) * BLOCK_SECTOR);
}

static void give_serial(struct blk_request *r)
{
	size_t room = r->chain.in_size - 1;

	virtq_write(&r->chain, 0, r->queue->blk->serial, room < BLK_SERIAL ? room : BLK_SERIAL);
	answer(r, VIRTIO_BLK_S_OK);
}

int blk_request_start(struct blk_request *r)
{
	const struct virtq_chain *chain = &r->chain;
	const struct iovec *last;
	u8 header[HEADER_SIZE];
	u32 type;

	if (chain->out_size < HEADER_SIZE || !chain->in_size)
		return -EPROTO;
	last = &chain->iov[chain->nr_out + chain->nr_in - 1];
	virtq_read(chain, 0, header, sizeof(header));
	type = get_le32(header);
	r->status = (u8 *)last->iov_base + last->iov_len - 1;
	switch (type) {
	case VIRTIO_BLK_T_IN:
		start_read(r, get_le64(header + 8));
		break;
	case VIRTIO_BLK_T_OUT:
		start_write(r, get_le64(header + 8));
		break;
	case VIRTIO_BLK_T_FLUSH:
		start(r, BLOCK_FLUSH, 0, 0);
		break;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		start_range(r, type == VIRTIO_BLK_T_DISCARD);
		break;
	case VIRTIO_BLK_T_GET_ID:
		give_serial(r);
		break;
	default:
		answer(r, VIRTIO_BLK_S_UNSUPP);
	}
	return 1;
}
