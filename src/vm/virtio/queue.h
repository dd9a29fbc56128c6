/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's side of a virtqueue, for devices that serve it in this process: VIRTIO 1.2,
 * sections 2.7 (split rings) and 2.8 (packed rings).
 *
 * The rings lie in the guest's memory and change while they are read: each descriptor is copied
 * once and judged by the copy. Chains are bounded by the queue's size, buffers by what is RAM;
 * what makes no sense is -EPROTO, after which the queue is good for nothing until it is started
 * again. Buffers of a chain may overlap each other and the rings: that is the guest's trouble.
 *
 * One thread at a time; the caller owns the struct.
 */
#ifndef VM_VIRTIO_QUEUE_H
#define VM_VIRTIO_QUEUE_H

#include <sys/uio.h>

#include "vm/mem/mem.h"
#include "vm/virtio/virtio.h"

struct virtq {
	struct mem_ram ram;
	struct virtio_queue *setup;
	u16 size;
	bool packed, event_idx, indirect;
	char *desc, *driver, *device; /* the parts of the ring, in this process */

	u16 next_avail, next_used;  /* split: free-running; packed: places in the ring */
	bool avail_wrap, used_wrap; /* packed */
	unsigned in_flight;         /* entries that were taken and are not put back */
	u16 untold;                 /* entries put back since virtq_call() */
};

/* A chain has at most this many descriptors, and that many pieces in host memory. */
#define VIRTQ_MAX_CHAIN 1024

/* One request: what the device reads, then what it writes. */
struct virtq_chain {
	u16 id;            /* for the driver */
	u16 entries;       /* of the ring */
	struct iovec *iov; /* the caller's, room for @max_iov: @nr_out, then @nr_in */
	unsigned max_iov;
	unsigned nr_out;
	unsigned nr_in;
	u64 out_size; /* bytes */
	u64 in_size;
};

/*
 * Takes the queue at its @position, as the driver has set it up. -EINVAL: the rings are not in
 * RAM or not aligned.
 */
int virtq_open(
	struct virtq *vq, struct virtio_dev *dev, struct virtio_queue *setup, struct err *err);
/* Leaves the position in the setup. Everything that was popped is pushed. */
void virtq_close(struct virtq *vq);

/* Takes the next request: 1, 0 where there is none, or -EPROTO. @chain->iov and @max_iov are set.
 */
int virtq_pop(struct virtq *vq, struct virtq_chain *chain);
/* Undoes the last virtq_pop() that is not pushed: the request is the next one again. */
void virtq_unpop(struct virtq *vq, const struct virtq_chain *chain);
/* Puts a request back, of whose second part the first @written bytes were written. Any order. */
void virtq_push(struct virtq *vq, const struct virtq_chain *chain, u32 written);
/* After one or more virtq_push(): interrupts the driver unless it does not want that. */
void virtq_call(struct virtq *vq);

/* Whether the driver shall notify. With @on: true where a request is there already. */
bool virtq_want_kicks(struct virtq *vq, bool on);
/* Copies between a chain's part and a buffer, from byte @skip of the part on; the bytes copied. */
size_t virtq_read(const struct virtq_chain *chain, size_t skip, void *buffer, size_t size);
size_t virtq_write(const struct virtq_chain *chain, size_t skip, const void *buffer, size_t size);

#endif
