/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two ends of a line of characters, a device of the guest and what the host puts there.
 *
 * Each end offers bytes to the other with stream_put(). What the other end did not take stays
 * with the one who offered it, who is called back once more fits. An end calls the other one
 * with its own lock held or not as its header says; ends must not be in a cycle of locks: the
 * device calls with its lock held, the host's end without.
 */
#ifndef VM_DEV_STREAM_H
#define VM_DEV_STREAM_H

#include "base/types.h"

struct stream {
	/* Bytes from the other end. Returns how many were taken, 0 to @len. */
	size_t (*take)(struct stream *end, const u8 *bytes, size_t len);
	/* The other end, which had taken less than it was offered, takes bytes again. */
	void (*resume)(struct stream *end);
	struct stream *peer; /* NULL: nothing is connected, output vanishes */
};

/* Before either end is in use. */
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
