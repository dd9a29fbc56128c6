// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/block/request.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define BOUNCE_ALIGN 4096u

static const char *name_of(enum block_kind kind)
{
	switch (kind) {
	case BLOCK_READ:
		return "a read";
	case BLOCK_WRITE:
		return "a write";
	case BLOCK_FLUSH:
		return "a flush";
	case BLOCK_DISCARD:
		return "a discard";
	case BLOCK_WRITE_ZEROES:
		break;
	}
	return "a write of zeroes";
}

static void submit(struct block_request *r)
{
	block_io_submit(&r->queue->io, &r->op);
}

static void submit_sync(struct block_request *r)
{
	r->op.kind = BLOCK_OP_SYNC;
	submit(r);
}

/* Removes @size bytes from the front of @data. */
static void skip_data(struct block_request *r, size_t size)
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

static bool needs_bounce(const struct block_request *r)
{
	u64 bits = 0;

	if (r->zeroing)
		return true;
	for (unsigned i = 0; i < r->nr_data; i++)
		bits |= (uintptr_t)r->data[i].iov_base | r->data[i].iov_len;
	return bits & (r->queue->file->align - 1);
}

static void fill_bounce(struct block_request *r)
{
	size_t size = r->left < BLOCK_BOUNCE_SIZE ? r->left : BLOCK_BOUNCE_SIZE, done = 0;

	r->bounced = (struct iovec){ r->bounce, size };
	if (r->zeroing)
		memset(r->bounce, 0, size);
	if (r->kind != BLOCK_WRITE)
		return;
	for (unsigned i = 0; i < r->nr_data && done < size; i++) {
		size_t n = r->data[i].iov_len < size - done ? r->data[i].iov_len : size - done;

		memcpy(r->bounce + done, r->data[i].iov_base, n);
		done += n;
	}
}

static void copy_back(struct block_request *r, size_t size)
{
	const char *from = r->bounced.iov_base;

	for (unsigned i = 0; i < r->nr_data && size; i++) {
		size_t n = r->data[i].iov_len < size ? r->data[i].iov_len : size;

		memcpy(r->data[i].iov_base, from, n);
		from += n;
		size -= n;
	}
}

/* What is left of the guest's memory, to BLOCK_MAX_TRANSFER. */
static void choose_pieces(struct block_request *r)
{
	unsigned max = r->nr_data < IOV_MAX ? r->nr_data : IOV_MAX;
	size_t size = 0;

	r->op.iov = r->data;
	for (r->op.nr_iov = 0; r->op.nr_iov < max; r->op.nr_iov++) {
		size += r->data[r->op.nr_iov].iov_len;
		if (size > BLOCK_MAX_TRANSFER)
			break;
	}
	if (r->op.nr_iov || !r->nr_data)
		return;
	r->piece = (struct iovec){ r->data->iov_base, BLOCK_MAX_TRANSFER };
	r->op.iov = &r->piece;
	r->op.nr_iov = 1;
}

/* Submits what is left of a read or a write. It has a bounce buffer where it needs one. */
static void transfer(struct block_request *r)
{
	if (!r->bounced.iov_len && r->bounce)
		fill_bounce(r);
	if (r->bounced.iov_len) {
		r->op.iov = &r->bounced;
		r->op.nr_iov = 1;
	} else {
		choose_pieces(r);
	}
	r->op.offset = r->offset;
	if (r->kind == BLOCK_READ)
		r->op.kind = BLOCK_OP_READ;
	else
		r->op.kind = r->through ? BLOCK_OP_WRITE_SYNC : BLOCK_OP_WRITE;
	submit(r);
}

static bool charge(struct block_queue *queue, u64 size)
{
	if (__atomic_add_fetch(queue->bounce_used, size, __ATOMIC_RELAXED) <= BLOCK_BOUNCE_BUDGET ||
		!queue->nr_bounces)
		return true;
	__atomic_sub_fetch(queue->bounce_used, size, __ATOMIC_RELAXED);
	return false;
}

static void give_back(struct block_queue *queue, u64 size)
{
	__atomic_sub_fetch(queue->bounce_used, size, __ATOMIC_RELAXED);
}

/* True: it has one. Otherwise it waits for its turn, or has failed. */
static bool get_bounce(struct block_request *r, int *ret)
{
	struct block_queue *queue = r->queue;
	size_t size = r->left < BLOCK_BOUNCE_SIZE ? r->left : BLOCK_BOUNCE_SIZE;

	*ret = 0;
	size = round_up(size, BOUNCE_ALIGN);
	if (!charge(queue, size)) {
		r->next = NULL;
		*queue->last = r;
		queue->last = &r->next;
		return false;
	}
	r->bounce = aligned_alloc(BOUNCE_ALIGN, size);
	if (!r->bounce) {
		give_back(queue, size);
		*ret = -ENOMEM;
		return false;
	}
	r->bounce_size = size;
	queue->nr_bounces++;
	return true;
}

/* Logs an error of the host; the guest only sees that its request failed. */
static void complain(struct block_request *r, int code)
{
	log_guest_warn("%s: %s at byte %llu failed: %s", r->queue->name, name_of(r->kind),
		(unsigned long long)r->offset, strerror(code));
}

static void finish(struct block_request *r, int result);

/* Returns 0, or -errno if the transfer cannot start. */
static int begin_transfer(struct block_request *r)
{
	int ret = 0;

	if (!needs_bounce(r) || r->bounce || get_bounce(r, &ret))
		transfer(r);
	return ret;
}

/* One of those that wait, or more where it finds no memory: nobody else would wake the rest. */
static void serve_waiting(struct block_queue *queue)
{
	for (bool first = true; queue->waiting && (first || !queue->nr_bounces); first = false) {
		struct block_request *r = queue->waiting;
		int ret;

		queue->waiting = r->next;
		if (!queue->waiting)
			queue->last = &queue->waiting;
		ret = begin_transfer(r);
		if (!ret)
			continue;
		complain(r, -ret);
		r->done(r, ret);
	}
}

static void count(const struct block_request *r, int result)
{
	struct block_counts *counts = &r->queue->file->counts;
	u64 *number = &counts->failed, *bytes = NULL;

	if (!result && r->kind == BLOCK_READ) {
		number = &counts->reads;
		bytes = &counts->read_bytes;
	} else if (!result && (r->kind == BLOCK_WRITE || r->kind == BLOCK_WRITE_ZEROES)) {
		number = &counts->writes;
		bytes = &counts->written_bytes;
	} else if (!result && r->kind == BLOCK_FLUSH) {
		number = &counts->flushes;
	} else if (!result) {
		number = &counts->discards;
		bytes = &counts->discarded_bytes;
	}
	__atomic_fetch_add(number, 1, __ATOMIC_RELAXED);
	if (bytes)
		__atomic_fetch_add(bytes, r->size, __ATOMIC_RELAXED);
}

static void finish(struct block_request *r, int result)
{
	struct block_queue *queue = r->queue;
	bool had_bounce = r->bounce;

	count(r, result);

	if (result && result != -ECANCELED)
		complain(r, -result);
	if (had_bounce) {
		free(r->bounce);
		r->bounce = NULL;
		give_back(queue, r->bounce_size);
		queue->nr_bounces--;
	}
	r->done(r, result);
	if (had_bounce)
		serve_waiting(queue);
}

static bool is_stopped(const struct block_request *r)
{
	return r->queue->stop && __atomic_load_n(r->queue->stop, __ATOMIC_ACQUIRE);
}

static void transferred(struct block_request *r, size_t size)
{
	if (!size || size > r->left) {
		finish(r, -EIO); /* the file has been truncated */
		return;
	}
	if (r->bounced.iov_len) {
		if (r->kind == BLOCK_READ)
			copy_back(r, size);
		r->bounced.iov_base = (char *)r->bounced.iov_base + size;
		r->bounced.iov_len -= size;
	}
	if (!r->zeroing)
		skip_data(r, size);
	r->offset += size;
	r->left -= size;
	if (!r->left)
		finish(r, 0);
	else if (is_stopped(r))
		finish(r, -ECANCELED); /* who stops the queue waits for the rest to be left */
	else
		transfer(r);
}

static void start_range(struct block_request *r)
{
	bool hole = r->kind == BLOCK_DISCARD || r->unmap;

	r->op.kind = BLOCK_OP_ALLOCATE;
	r->op.mode = FALLOC_FL_KEEP_SIZE | (hole ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
	r->op.offset = r->offset;
	r->op.length = r->left < BLOCK_MAX_RANGE ? r->left : BLOCK_MAX_RANGE;
	submit(r);
}

/* One piece of a range is done. A discard is a hint, so that it does not fail. */
static void range_done(struct block_request *r)
{
	r->offset += r->op.length;
	r->left -= r->op.length;
	if (r->left && is_stopped(r))
		finish(r, -ECANCELED);
	else if (r->left)
		start_range(r);
	else if (r->through)
		submit_sync(r);
	else
		finish(r, 0);
}

/* If the file cannot zero a range, zeroes are written. */
static void allocated(struct block_request *r, int result)
{
	int ret;

	if (result == -EOPNOTSUPP && r->kind == BLOCK_WRITE_ZEROES) {
		r->zeroing = true;
		ret = begin_transfer(r);
		if (ret)
			finish(r, ret);
	} else if (result && result != -EOPNOTSUPP) {
		finish(r, result);
	} else {
		range_done(r);
	}
}

static void on_done(void *owner, struct block_op *op, int result)
{
	struct block_request *r = container_of(op, struct block_request, op);

	if ((result == -EINTR || result == -EAGAIN) && !is_stopped(r)) {
		submit(r);
		return;
	}
	switch (op->kind) {
	case BLOCK_OP_ALLOCATE:
		allocated(r, result);
		break;
	case BLOCK_OP_SYNC:
		finish(r, result < 0 ? result : 0);
		break;
	default:
		if (result < 0)
			finish(r, result);
		else
			transferred(r, (size_t)result);
	}
}

void block_queue_init(
	struct block_queue *queue, const char *name, struct block_file *file, unsigned depth)
{
	*queue = (struct block_queue){
		.name = name,
		.file = file,
		.io = {
			.fd = file->fd,
			.nbd = file->nbd,
			.wake = -1,
			.depth = depth,
			.done = on_done,
			.owner = queue,
		},
	};
	queue->bounce_used = &queue->own_bounce_used;
	queue->last = &queue->waiting;
}

static bool has_range(const struct block_file *file, u64 offset, u64 size)
{
	return offset % BLOCK_SECTOR == 0 && size % BLOCK_SECTOR == 0 && offset <= file->size &&
	       size <= file->size - offset;
}

int block_request_start(struct block_request *r)
{
	const struct block_file *file = r->queue->file;
	int ret;

	r->size = r->left;
	r->zeroing = false;
	r->bounce = NULL;
	r->bounced.iov_len = 0;
	if (r->kind == BLOCK_FLUSH) {
		submit_sync(r);
		return 0;
	}
	if (!has_range(file, r->offset, r->left))
		return -EINVAL;
	if (file->read_only && r->kind != BLOCK_READ)
		return -EROFS;
	if (!r->left) {
		r->done(r, 0);
	} else if (r->kind == BLOCK_READ || r->kind == BLOCK_WRITE) {
		ret = begin_transfer(r);
		if (ret)
			finish(r, ret);
	} else {
		start_range(r);
	}
	return 0;
}
