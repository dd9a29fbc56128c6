// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A disk's requests, apart from the ring: any type, range and pieces of memory, on a file whose
 * answers are any, with room for copies and without.
 */
#include <errno.h>
#include <linux/virtio_blk.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "vm/block/request.h"
#include "vm/virtio/blk_queue.h"

#define NR_REQUESTS 8
#define MEMORY      (64 * KIB)
#define DISK_SIZE   (1 * MIB)
#define MAX_ANSWERS 4096

struct input {
	const u8 *data;
	size_t size;
};

static struct input in;
static struct blk blk;
static struct blk_queue queue;
static struct virtio_queue setup;
static struct blk_request requests[NR_REQUESTS];
static struct block_op *first, **last;
static u64 bounce_used;
static u8 memory[MEMORY], used_ring[8192], avail_ring[8192];
static unsigned nr_answers;

static u8 take(void)
{
	if (!in.size)
		return 0;
	in.size--;
	return *in.data++;
}

static u32 take32(void)
{
	return take() | (u32)take() << 8 | (u32)take() << 16 | (u32)take() << 24;
}

static void submit(struct block_io *io, struct block_op *op)
{
	CLAIM(op->offset <= DISK_SIZE);
	op->next = NULL;
	*last = op;
	last = &op->next;
}

static size_t length_of(const struct block_op *op)
{
	size_t size = 0;

	for (unsigned i = 0; i < op->nr_iov; i++)
		size += op->iov[i].iov_len;
	return size;
}

/* All memory of a read is written, and of a write read: whoever watches sees what is not its own.
 */
static int perform(const struct block_op *op)
{
	size_t size = length_of(op);
	u8 answer = nr_answers++ < MAX_ANSWERS ? take() : 255, sum = 0;

	if (op->kind == BLOCK_OP_SYNC || op->kind == BLOCK_OP_ALLOCATE)
		return answer & 1 ? -EIO : answer & 2 ? -EOPNOTSUPP : answer & 4 ? -EINTR : 0;
	CLAIM(size && size <= 2 * MIB && op->offset + size <= DISK_SIZE);
	for (unsigned i = 0; i < op->nr_iov; i++) {
		u8 *bytes = op->iov[i].iov_base;

		if (op->kind == BLOCK_OP_READ)
			memset(bytes, answer, op->iov[i].iov_len);
		for (size_t at = 0; at < op->iov[i].iov_len; at++)
			sum += bytes[at];
	}
	switch (answer % 8) {
	case 0:
		return (int)(size / 2 + 1 + (sum & 0));
	case 1:
		return -EIO;
	case 2:
		return -EINTR;
	case 3:
		return 0;
	}
	return (int)size;
}

static int wait_for(struct block_io *io, bool block)
{
	struct block_op *op = first;

	first = NULL;
	last = &first;
	while (op) {
		struct block_op *next = op->next;

		io->done(io->owner, op, perform(op));
		op = next;
	}
	return 0;
}

static const struct block_io_ops io_ops = { .submit = submit, .wait = wait_for };

static void open_queue(void)
{
	u8 flags = take();

	memset(&blk, 0, sizeof(blk));
	memset(&queue, 0, sizeof(queue));
	memset(requests, 0, sizeof(requests));
	first = NULL;
	last = &first;
	nr_answers = 0;
	bounce_used = flags & 1 ? BLOCK_BOUNCE_BUDGET : 0;
	blk.dev.name = "disk";
	blk.dev.driver_features = flags & 2 ? ~0ull : 0;
	blk.file.size = DISK_SIZE;
	blk.file.align = flags & 4 ? 512 : 1;
	blk.file.read_only = flags & 8;
	blk.write_through = flags & 16;
	blk.bounce_used = &bounce_used;
	queue.blk = &blk;
	queue.stop = flags & 32;
	block_queue_init(&queue.block, "disk", &blk.file, NR_REQUESTS);
	queue.block.io.ops = &io_ops;
	queue.block.bounce_used = &bounce_used;
	queue.block.stop = &queue.stop;
	queue.vq = (struct virtq){ .setup = &setup,
		.size = 256,
		.device = (char *)used_ring,
		.driver = (char *)avail_ring };
	setup.call = -1;
	for (unsigned i = 0; i < NR_REQUESTS; i++) {
		requests[i].queue = &queue;
		requests[i].next = queue.free;
		queue.free = &requests[i];
	}
}

static void add_piece(struct virtq_chain *chain, bool to_driver)
{
	u32 size = take32() % MEMORY, at = take32() % MEMORY;
	unsigned n = chain->nr_out + chain->nr_in;

	if (size > MEMORY - at)
		size = MEMORY - at;
	if (!size)
		return;
	chain->iov[n] = (struct iovec){ memory + at, size };
	chain->nr_out += !to_driver;
	chain->nr_in += to_driver;
	chain->out_size += to_driver ? 0 : size;
	chain->in_size += to_driver ? size : 0;
}

/* The header is where the chain begins, as a driver that means well has it. */
static void start_request(void)
{
	struct blk_request *request = queue.free;
	struct virtq_chain *chain = &request->chain;
	unsigned nr_out = 1 + take() % 4, nr_in = 1 + take() % 4;
	int ret;

	queue.free = request->next;
	queue.in_flight++;
	*chain = (struct virtq_chain){ .iov = request->iov, .max_iov = BLK_MAX_IOV, .entries = 1 };
	for (unsigned i = 0; i < nr_out; i++)
		add_piece(chain, false);
	for (unsigned i = 0; i < nr_in; i++)
		add_piece(chain, true);
	if (chain->nr_out && chain->iov[0].iov_len >= 32) {
		u8 *header = chain->iov[0].iov_base;
		u8 kind = take();

		put_le32(header, kind & 0x80 ? take32() : kind % 16);
		put_le64(header + 8, take32() % (DISK_SIZE / 512 + 8));
		put_le64(header + 16, take32() % (DISK_SIZE / 512 + 8));
		put_le32(header + 24, take32() % (DISK_SIZE / 512 + 8));
		put_le32(header + 28, take() % 4);
	}
	ret = blk_request_start(request);
	CLAIM(ret == 1 || ret == -EPROTO);
	if (ret == 1)
		return;
	request->next = queue.free;
	queue.free = request;
	queue.in_flight--;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 before;

	in = (struct input){ data, size };
	log_set_level(LOG_ERROR);
	open_queue();
	before = bounce_used;
	while (in.size) {
		if (queue.free && take() % 4)
			start_request();
		else
			wait_for(&queue.block.io, false);
		CLAIM(bounce_used <= before + NR_REQUESTS * BLOCK_BOUNCE_SIZE);
	}
	for (unsigned n = 0; queue.in_flight; n++) {
		CLAIM(n < 100000);
		wait_for(&queue.block.io, true);
	}
	CLAIM(bounce_used == before && !queue.block.waiting && !queue.block.nr_bounces && !first);
	return 0;
}
