/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of bytes in an array that the caller owns. The caller's lock guards it. */
#ifndef VM_DEV_RING_H
#define VM_DEV_RING_H

#include "base/types.h"

struct ring {
	u8 *bytes;
	size_t size;
	size_t start;
	size_t len;
};

static inline size_t ring_room(const struct ring *ring)
{
	return ring->size - ring->len;
}

/* Returns how many bytes fitted. */
static inline size_t ring_put(struct ring *ring, const u8 *bytes, size_t len)
{
	size_t n = len < ring_room(ring) ? len : ring_room(ring);

	for (size_t i = 0; i < n; i++)
		ring->bytes[(ring->start + ring->len + i) % ring->size] = bytes[i];
	ring->len += n;
	return n;
}

/*
 * Returns the number of contiguous bytes at the front, and where they are; 0 if the queue is empty.
 */
static inline size_t ring_peek(const struct ring *ring, const u8 **bytes)
{
	size_t whole = ring->size - ring->start;

	*bytes = ring->bytes + ring->start;
	return ring->len < whole ? ring->len : whole;
}

/* @n <= ring->len. */
static inline void ring_drop(struct ring *ring, size_t n)
{
	ring->start = (ring->start + n) % ring->size;
	ring->len -= n;
}

#endif
