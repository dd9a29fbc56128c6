// SPDX-License-Identifier: GPL-2.0-or-later
/* VIRTIO 1.2, section 5.2.6: what the driver asks of a block device. */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/virtio/blk_bounce.h"
#include "vm/virtio/blk_queue.h"

#define HEADER_SIZE 16u
#define RANGE_SIZE  16u /* struct virtio_blk_discard_write_zeroes */

/* The host's kernel does no more at a time: a driver's reset waits for what is under way. */
#define MAX_TRANSFER (2 * MIB)

static void answer(struct blk_request *r, u8 status)
{
	*r->status = status;
	/* The status is the last byte, so whoever counts finds all of them written. */
	blk_queue_finish(r->queue, r, (u32)r->chain.in_size);
}

static const char *name_of(u32 type)
{
	switch (type) {
	case VIRTIO_BLK_T_IN:
		return "a read";
	case VIRTIO_BLK_T_OUT:
		return "a write";
	case VIRTIO_BLK_T_FLUSH:
		return "a flush";
	case VIRTIO_BLK_T_DISCARD:
		return "a discard";
	}
	return "a write of zeroes";
}

/* The host's trouble, which the guest only sees as an I/O error. */
static void fail(struct blk_request *r, int code)
{
	struct blk_queue *queue = r->queue;

	log_guest_warn("%s: %s at byte %llu failed: %s", queue->blk->dev.name, name_of(r->type),
		(unsigned long long)r->offset, strerror(code));
	answer(r, VIRTIO_BLK_S_IOERR);
}

static bool writes_through(const struct blk_request *r)
{
	return __atomic_load_n(&r->queue->blk->write_through, __ATOMIC_ACQUIRE);
}

static void submit(struct blk_request *r)
{
	blk_io_submit(&r->queue->io, &r->op);
}

static void submit_sync(struct blk_request *r)
{
	r->op.kind = BLK_OP_SYNC;
	submit(r);
}

/* Takes @size bytes off the front of the guest's memory that is left. */
static void skip_data(struct blk_request *r, size_t size)
{
	while (size && r->nr_data) {
		size_t n = size < r->data->iov_len ? size : r->data->iov_len;

		r->data->iov_base = (char *)r->data->iov_base + n;
		r->data->iov_len -= n;
		size -= n;
		if (!r->data->iov_len) {
			r->data++;
			r->nr_data--;
		}
	}
}

static bool is_read(const struct blk_request *r)
{
	return r->type == VIRTIO_BLK_T_IN;
}

static bool needs_bounce(const struct blk_request *r)
{
	u64 bits = 0;

	for (unsigned i = 0; i < r->nr_data; i++)
		bits |= (uintptr_t)r->data[i].iov_base | r->data[i].iov_len;
	return bits & (r->queue->blk->file.align - 1);
}

static int fill_bounce(struct blk_request *r)
{
	size_t size = r->left < BLK_BOUNCE_SIZE ? r->left : BLK_BOUNCE_SIZE, done = 0;
	int ret = r->bounce ? 0 : blk_bounce_get(r, size);

	if (ret)
		return ret;
	r->bounced = (struct iovec){ r->bounce, size };
	if (r->zeroing)
		memset(r->bounce, 0, size);
	if (r->type != VIRTIO_BLK_T_OUT)
		return 0;
	for (unsigned i = 0; i < r->nr_data && done < size; i++) {
		size_t n = r->data[i].iov_len < size - done ? r->data[i].iov_len : size - done;

		memcpy(r->bounce + done, r->data[i].iov_base, n);
		done += n;
	}
	return 0;
}

/* What is left of the guest's memory, to MAX_TRANSFER. */
static void choose_pieces(struct blk_request *r)
{
	size_t size = 0;

	r->op.iov = r->data;
	for (r->op.nr_iov = 0; r->op.nr_iov < r->nr_data; r->op.nr_iov++) {
		size += r->data[r->op.nr_iov].iov_len;
		if (size > MAX_TRANSFER)
			break;
	}
	if (r->op.nr_iov || !r->nr_data)
		return;
	r->piece = (struct iovec){ r->data->iov_base, MAX_TRANSFER };
	r->op.iov = &r->piece;
	r->op.nr_iov = 1;
}

/* Sets about what is left of a read or a write. */
static void transfer(struct blk_request *r)
{
	int ret = 0;

	choose_pieces(r);
	if (!r->bounced.iov_len && (r->zeroing || needs_bounce(r)))
		ret = fill_bounce(r);
	if (ret == -EAGAIN)
		return;
	if (ret) {
		fail(r, -ret);
		return;
	}
	if (r->bounced.iov_len) {
		r->op.iov = &r->bounced;
		r->op.nr_iov = 1;
	}
	r->op.offset = r->offset;
	if (is_read(r))
		r->op.kind = BLK_OP_READ;
	else
		r->op.kind = writes_through(r) ? BLK_OP_WRITE_SYNC : BLK_OP_WRITE;
	submit(r);
}

void blk_request_resume(struct blk_request *r)
{
	transfer(r);
}

static void copy_back(struct blk_request *r, size_t size)
{
	const char *from = r->bounced.iov_base;

	for (unsigned i = 0; i < r->nr_data && size; i++) {
		size_t n = r->data[i].iov_len < size ? r->data[i].iov_len : size;

		memcpy(r->data[i].iov_base, from, n);
		from += n;
		size -= n;
	}
}

static void transferred(struct blk_request *r, size_t size)
{
	if (!size || size > r->left) {
		fail(r, EIO); /* the file has become shorter */
		return;
	}
	if (r->bounced.iov_len) {
		if (is_read(r))
			copy_back(r, size);
		r->bounced.iov_base = (char *)r->bounced.iov_base + size;
		r->bounced.iov_len -= size;
	}
	if (!r->zeroing)
		skip_data(r, size);
	r->offset += size;
	r->left -= size;
	if (!r->left)
		answer(r, VIRTIO_BLK_S_OK);
	else if (blk_queue_is_stopped(r->queue))
		answer(r, VIRTIO_BLK_S_IOERR); /* the driver waits for the rest to be left */
	else
		transfer(r);
}

/* A discard is a hint; zeroes are written where the file cannot make them. */
static void allocated(struct blk_request *r, int result)
{
	if (result == -EOPNOTSUPP && r->type == VIRTIO_BLK_T_WRITE_ZEROES) {
		r->zeroing = true;
		transfer(r);
	} else if (result && result != -EOPNOTSUPP) {
		fail(r, -result);
	} else if (writes_through(r)) {
		submit_sync(r);
	} else {
		answer(r, VIRTIO_BLK_S_OK);
	}
}

void blk_request_done(struct blk_request *r, int result)
{
	if (result == -EINTR || result == -EAGAIN) {
		submit(r);
		return;
	}
	switch (r->op.kind) {
	case BLK_OP_ALLOCATE:
		allocated(r, result);
		break;
	case BLK_OP_SYNC:
		if (result < 0)
			fail(r, -result);
		else
			answer(r, VIRTIO_BLK_S_OK);
		break;
	default:
		if (result < 0)
			fail(r, -result);
		else
			transferred(r, (size_t)result);
	}
}

/* Sets the range of bytes, where the disk has it. */
static bool set_range(struct blk_request *r, u64 sector, u64 bytes)
{
	u64 sectors = r->queue->blk->file.size / BLK_SECTOR;

	if (bytes % BLK_SECTOR || sector > sectors || bytes / BLK_SECTOR > sectors - sector)
		return false;
	r->offset = sector * BLK_SECTOR;
	r->left = bytes;
	return true;
}

static void start_transfer(struct blk_request *r, u64 sector)
{
	struct virtq_chain *chain = &r->chain;
	bool read = is_read(r);

	if ((!read && r->queue->blk->file.read_only) ||
		!set_range(r, sector, read ? chain->in_size - 1 : chain->out_size - HEADER_SIZE)) {
		answer(r, VIRTIO_BLK_S_IOERR);
		return;
	}
	if (!r->left) {
		answer(r, VIRTIO_BLK_S_OK);
		return;
	}
	r->data = chain->iov + (read ? chain->nr_out : 0);
	r->nr_data = read ? chain->nr_in : chain->nr_out;
	if (!read)
		skip_data(r, HEADER_SIZE);
	else if (!--r->data[r->nr_data - 1].iov_len) /* the status */
		r->nr_data--;
	transfer(r);
}

/* 5.2.6.1: one range, as the config space says. */
static void start_range(struct blk_request *r)
{
	const struct blk *blk = r->queue->blk;
	bool discard = r->type == VIRTIO_BLK_T_DISCARD;
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
	if (!set_range(r, get_le64(range), (u64)get_le32(range + 8) * BLK_SECTOR)) {
		answer(r, VIRTIO_BLK_S_IOERR);
		return;
	}
	if (!r->left) {
		answer(r, VIRTIO_BLK_S_OK);
		return;
	}
	r->op.kind = BLK_OP_ALLOCATE;
	r->op.mode = FALLOC_FL_KEEP_SIZE |
		     (discard || flags ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
	r->op.offset = r->offset;
	r->op.length = r->left;
	submit(r);
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

	if (chain->out_size < HEADER_SIZE || !chain->in_size)
		return -EPROTO;
	last = &chain->iov[chain->nr_out + chain->nr_in - 1];
	virtq_read(chain, 0, header, sizeof(header));
	r->type = get_le32(header);
	r->status = (u8 *)last->iov_base + last->iov_len - 1;
	r->offset = r->left = 0;
	r->bounced.iov_len = 0;
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		start_transfer(r, get_le64(header + 8));
		break;
	case VIRTIO_BLK_T_FLUSH:
		submit_sync(r);
		break;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		start_range(r);
		break;
	case VIRTIO_BLK_T_GET_ID:
		give_serial(r);
		break;
	default:
		answer(r, VIRTIO_BLK_S_UNSUPP);
	}
	return 1;
}
