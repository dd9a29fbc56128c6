// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/queue.h"

#include "base/eventfd.h"
#include "vm/virtio/queue_internal.h"

/*
 * 2.7: bytes of the rings in addition to their entries; 2.8.10.1: size of an event suppression
 * structure.
 */
#define SPLIT_EXTRA 6
#define EVENT_SIZE  4

#define POSITION_MASK 0x7fff
#define POSITION_WRAP 0x8000

static char *find_part(const struct virtq *vq, u64 gpa, u64 size, u64 align)
{
	return gpa % align ? NULL : mem_ram_ptr(&vq->ram, gpa, size);
}

static int find_ring(struct virtq *vq)
{
	const struct virtio_queue *setup = vq->setup;

	vq->desc = find_part(vq, setup->desc, DESC_SIZE * vq->size, DESC_SIZE);
	if (vq->packed) {
		vq->driver = find_part(vq, setup->driver, EVENT_SIZE, EVENT_SIZE);
		vq->device = find_part(vq, setup->device, EVENT_SIZE, EVENT_SIZE);
	} else {
		vq->driver = find_part(vq, setup->driver, SPLIT_EXTRA + 2u * vq->size, 2);
		vq->device = find_part(vq, setup->device, SPLIT_EXTRA + 8u * vq->size, 4);
	}
	return vq->desc && vq->driver && vq->device ? 0 : -EINVAL;
}

int virtq_open(
	struct virtq *vq, struct virtio_dev *dev, struct virtio_queue *setup, struct err *err)
{
	u32 position = setup->position;
	int ret;

	*vq = (struct virtq){
		.setup = setup,
		.size = setup->size,
		.packed = virtio_dev_has(dev, VIRTIO_F_RING_PACKED),
		.event_idx = virtio_dev_has(dev, VIRTIO_RING_F_EVENT_IDX),
		.indirect = virtio_dev_has(dev, VIRTIO_RING_F_INDIRECT_DESC),
	};
	ret = mem_ram(dev->mem, &vq->ram);
	if (!ret)
		ret = find_ring(vq);
	if (ret)
		return err_set(err, -ret, "the driver's queue %u is not in its memory",
			(unsigned)(setup - dev->queues));
	vq->next_avail = vq->next_used = (u16)position;
	if (vq->packed) {
		vq->next_avail = position & POSITION_MASK;
		vq->avail_wrap = position & POSITION_WRAP;
		vq->next_used = position >> 16 & POSITION_MASK;
		vq->used_wrap = position >> 16 & POSITION_WRAP;
	}
	return 0;
}

void virtq_close(struct virtq *vq)
{
	u32 position = vq->next_avail;

	if (vq->packed) {
		position |= vq->avail_wrap ? POSITION_WRAP : 0;
		position |= (u32)(vq->next_used | (vq->used_wrap ? POSITION_WRAP : 0)) << 16;
	}
	vq->setup->position = position;
}

void virtq_start_chain(struct virtq_chain *chain)
{
	chain->nr_out = chain->nr_in = 0;
	chain->out_size = chain->in_size = 0;
}

int virtq_add_buffer(const struct virtq *vq, struct virtq_chain *chain, const struct desc *desc)
{
	bool in = desc->flags & VRING_DESC_F_WRITE;
	u64 gpa = desc->addr, left = desc->len;

	if (!in && chain->nr_in)
		return -EPROTO; /* 2.7.4.2: readable buffers come first */
	while (left) {
		const struct mem_ram_part *part = mem_ram_find(&vq->ram, gpa);
		unsigned n = chain->nr_out + chain->nr_in;
		u64 piece;

		if (!part || n == chain->max_iov)
			return -EPROTO;
		piece = range_end(part->range) - gpa;
		if (piece > left)
			piece = left;
		chain->iov[n] = (struct iovec){ part->host + (gpa - part->range.start), piece };
		chain->nr_in += in;
		chain->nr_out += !in;
		gpa += piece;
		left -= piece;
	}
	if (in)
		chain->in_size += desc->len;
	else
		chain->out_size += desc->len;
	return 0;
}

const char *virtq_indirect(const struct virtq *vq, const struct desc *desc, unsigned *count)
{
	*count = desc->len / DESC_SIZE;
	if (!vq->indirect || !*count || desc->len % DESC_SIZE)
		return NULL;
	return mem_ram_ptr(&vq->ram, desc->addr, desc->len);
}

int virtq_pop(struct virtq *vq, struct virtq_chain *chain)
{
	int ret = vq->packed ? virtq_packed_pop(vq, chain) : virtq_split_pop(vq, chain);

	if (ret == 1)
		vq->in_flight += chain->entries;
	return ret;
}

void virtq_unpop(struct virtq *vq, const struct virtq_chain *chain)
{
	if (vq->packed)
		virtq_packed_unpop(vq, chain);
	else
		vq->next_avail--;
	vq->in_flight -= chain->entries;
}

void virtq_push(struct virtq *vq, const struct virtq_chain *chain, u32 written)
{
	if (vq->packed)
		virtq_packed_push(vq, chain, written);
	else
		virtq_split_push(vq, chain, written);
	vq->in_flight -= chain->entries;
	vq->untold = (u16)(vq->untold + chain->entries);
}

void virtq_call(struct virtq *vq)
{
	if (!vq->untold)
		return;
	/* The driver must see the new entries before we read whether it wants an interrupt. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vq->packed ? virtq_packed_wants_call(vq) : virtq_split_wants_call(vq))
		eventfd_signal(vq->setup->call);
	vq->untold = 0;
}

bool virtq_want_kicks(struct virtq *vq, bool on)
{
	return vq->packed ? virtq_packed_want_kicks(vq, on) : virtq_split_want_kicks(vq, on);
}

/* Copies between @buffer and the @nr pieces of @iov, from byte @skip on. */
static size_t copy(
	const struct iovec *iov, unsigned nr, size_t skip, char *buffer, size_t size, bool to_guest)
{
	size_t done = 0;

	for (unsigned i = 0; i < nr && done < size; i++) {
		size_t n = iov[i].iov_len;
		char *piece = iov[i].iov_base;

		if (skip >= n) {
			skip -= n;
			continue;
		}
		piece += skip;
		n -= skip;
		skip = 0;
		if (n > size - done)
			n = size - done;
		if (to_guest)
			memcpy(piece, buffer + done, n);
		else
			copy_once(buffer + done, piece, n);
		done += n;
	}
	return done;
}

size_t virtq_read(const struct virtq_chain *chain, size_t skip, void *buffer, size_t size)
{
	return copy(chain->iov, chain->nr_out, skip, buffer, size, false);
}

size_t virtq_write(const struct virtq_chain *chain, size_t skip, const void *buffer, size_t size)
{
	return copy(chain->iov + chain->nr_out, chain->nr_in, skip, (char *)(uintptr_t)buffer, size,
		true);
}
