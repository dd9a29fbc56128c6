/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory through which a machine and the process that plays its sound pass samples: a ring for
 * each direction, of frames of two s16 at 48 kHz. Neither side waits for the other, and neither
 * trusts what the other writes: a position that makes no sense only costs sound.
 *
 * Each side keeps its own position to itself, and passes it in. One thread at a time on each side.
 */
#ifndef VM_SOUND_RING_H
#define VM_SOUND_RING_H

#include <string.h>

#include "base/types.h"

#define SOUND_RATE        48000u
#define SOUND_RING_FRAMES 65536u /* 1.4 s */

struct sound_ring {
	u64 written; /* frames since the start, by the one who writes */
	u64 room[7]; /* other cache lines for the other side */
	u64 taken;   /* by the one who reads */
	u32 runs;    /* by the machine: the guest plays, or records */
	u32 rest[13];
	u32 frames[SOUND_RING_FRAMES];
};

struct sound_memory {
	struct sound_ring play;   /* the machine writes */
	struct sound_ring record; /* the machine reads */
};

static inline void sound_ring_write(
	struct sound_ring *ring, u64 *at, const u32 *frames, unsigned nr)
{
	for (unsigned done = 0; done < nr;) {
		unsigned place = (*at + done) % SOUND_RING_FRAMES, part = SOUND_RING_FRAMES - place;

		part = part < nr - done ? part : nr - done;
		memcpy(ring->frames + place, frames + done, part * sizeof(*frames));
		done += part;
	}
	*at += nr;
	__atomic_store_n(&ring->written, *at, __ATOMIC_RELEASE);
}

/* How many frames there are to read from @at on. */
static inline u64 sound_ring_fill(const struct sound_ring *ring, u64 at)
{
	return __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) - at;
}

/* Reads at most @nr frames; returns how many. A reader that was lapped loses what is too old. */
static inline unsigned sound_ring_read(struct sound_ring *ring, u64 *at, u32 *frames, unsigned nr)
{
	u64 fill = sound_ring_fill(ring, *at);

	if (fill > SOUND_RING_FRAMES) {
		*at += fill - SOUND_RING_FRAMES / 2;
		fill = SOUND_RING_FRAMES / 2;
	}
	if (nr > fill)
		nr = (unsigned)fill;
	for (unsigned done = 0; done < nr;) {
		unsigned place = (*at + done) % SOUND_RING_FRAMES, part = SOUND_RING_FRAMES - place;

		part = part < nr - done ? part : nr - done;
		memcpy(frames + done, ring->frames + place, part * sizeof(*frames));
		done += part;
	}
	*at += nr;
	__atomic_store_n(&ring->taken, *at, __ATOMIC_RELEASE);
	return nr;
}

/* Skips what there is to read, but for the last @left frames. */
static inline void sound_ring_skip(struct sound_ring *ring, u64 *at, u64 left)
{
	u64 fill = sound_ring_fill(ring, *at);

	if (fill > left)
		*at += fill - left;
	__atomic_store_n(&ring->taken, *at, __ATOMIC_RELEASE);
}

static inline bool sound_ring_runs(const struct sound_ring *ring)
{
	return __atomic_load_n(&ring->runs, __ATOMIC_ACQUIRE);
}

#endif
