/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's side of a virtqueue, for devices that serve it in this process: VIRTIO 1.2, sections
 * 2.7 (split rings) and 2.8 (packed rings).
 *
 * The guest can change the rings in its memory while they are read, so each descriptor is copied
 * once and only the copy is checked and used. Chains are bounded by the queue's size, and buffers
 * must lie in RAM. Anything invalid is -EPROTO; after that the queue cannot be used until it is
 * started again. Buffers of a chain may overlap each other and the rings: that only harms the
 * guest.
 *
 * The caller owns the struct and uses it on one thread at a time.
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
	char *desc, *driver, *device; /* the parts of the ring, as addresses in this process */

	u16 next_avail, next_used;  /* split: free-running; packed: index into the ring */
	bool avail_wrap, used_wrap; /* for packed rings */
	unsigned in_flight;         /* entries taken and not put back yet */
	u16 untold;                 /* entries put back since the last virtq_call() */
};

/* A chain has at most this many descriptors, and at most this many pieces in host memory. */
#define VIRTQ_MAX_CHAIN 1024

/* One request: first the buffers that the device reads, then those that it writes. */
struct virtq_chain {
	u16 id;            /* the driver's id of the chain */
	u16 entries;       /* entries of the ring that it takes */
	struct iovec *iov; /* the caller's, with room for @max_iov: @nr_out, then @nr_in */
	unsigned max_iov;
	unsigned nr_out;
	unsigned nr_in;
	u64 out_size; /* bytes */
	u64 in_size;
};

/*
 * Opens the ring that the driver set up, at @setup->position. -EINVAL: it is not in RAM or not
 * aligned.
 */
int virtq_open(
	struct virtq *vq, struct virtio_dev *dev, struct virtio_queue *setup, struct err *err);
/* Saves the position in the setup. All requests must have been put back. */
void virtq_close(struct virtq *vq);

/*
 * Takes the next request. The caller has set @chain->iov and @chain->max_iov. Returns 1, 0 if there
 * is none, or -EPROTO.
 */
int virtq_pop(struct virtq *vq, struct virtq_chain *chain);
/*
 * Undoes the last virtq_pop() that was not followed by virtq_push(): the request is the next one
 * again.
 */
void virtq_unpop(struct virtq *vq, const struct virtq_chain *chain);
/*
 * Puts a request back. @written: bytes written to its writable part, from the start. In any order.
 */
void virtq_push(struct virtq *vq, const struct virtq_chain *chain, u32 written);
/* After one or more virtq_push(): interrupts the driver unless it suppresses interrupts. */
void virtq_call(struct virtq *vq);

/*
 * Enables or disables the driver's notifications. With @on: returns true if a request is available
 * already.
 */
bool virtq_want_kicks(struct virtq *vq, bool on);
/*
 * Copy between one part of a chain, from byte @skip on, and @buffer. Return how many bytes were
 * copied.
 */
size_t virtq_read(const struct virtq_chain *chain, size_t skip, void *buffer, size_t size);
size_t virtq_write(const struct virtq_chain *chain, size_t skip, const void *buffer, size_t size);

#endif
