/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends of a character stream: a device of the guest, and its back end on the host.
 *
 * Each end offers bytes to the other with stream_put(). Bytes that the other end does not take stay
 * with the one that offered them, which is called back once there is room. To avoid a cycle of
 * locks, the device calls with its own lock held, and the host's end calls without its lock.
 */
#ifndef VM_DEV_STREAM_H
#define VM_DEV_STREAM_H

#include "base/types.h"

struct stream {
	/* Bytes from the other end. Returns how many were taken, 0 to @len. */
	size_t (*take)(struct stream *end, const u8 *bytes, size_t len);
	/*
	 * Called when the other end, which had taken less than it was offered, takes bytes again.
	 */
	void (*resume)(struct stream *end);
	struct stream *peer; /* NULL: nothing is connected, output is discarded */
};

/* Call it before either end is in use. */
static inline void stream_connect(struct stream *a, struct stream *b)
{
	a->peer = b;
	b->peer = a;
}

static inline size_t stream_put(struct stream *end, const u8 *bytes, size_t len)
{
	return end->peer ? end->peer->take(end->peer, bytes, len) : len;
}

static inline void stream_resume(struct stream *end)
{
	if (end->peer)
		end->peer->resume(end->peer);
}

#endif
