// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/pace.h"

/* What is to wait for who plays, for what comes late: 8 ms, and 50 on a host that needs it. */
#define CUSHION      (SOUND_RATE / 125)
#define CUSHION_MOST (SOUND_RATE / 20)
/* A deviation that is left alone, so that no sample changes if the clocks are the same: 4 ms. */
#define CALM (SOUND_RATE / 250)
/* What waits at the start at most, and ever: 60 and 200 ms. The rest is lost. */
#define START_MOST (SOUND_RATE * 6 / 100)
#define MOST       (SOUND_RATE / 5)
#define SMOOTH     0.05     /* of 20 calls */
#define STEEP      0.000004 /* of the rate, for each frame too many */
#define FASTEST    0.002    /* from 1.0, which nobody hears */

void sound_pace_init(struct sound_pace *pace)
{
	*pace = (struct sound_pace){ .cushion = CUSHION, .rate = 1.0 };
}

static void silence(u32 *frames, unsigned nr)
{
	memset(frames, 0, nr * sizeof(*frames));
}

/* What waits beyond the cushion goes where it is silent, which nobody hears. */
static void skip_silence(struct sound_pace *pace, struct sound_ring *ring, u64 *at, u64 fill)
{
	while (pace->target >= pace->cushion + 1 && fill &&
		!ring->frames[*at % SOUND_RING_FRAMES]) {
		++*at;
		fill--;
		pace->target--;
		pace->waiting--;
	}
}

/* The rate brings what waits back to the target, from where it is more than CALM away. */
static void follow(struct sound_pace *pace, double left)
{
	double off, change;

	pace->waiting += (left - pace->waiting) * SMOOTH;
	off = pace->waiting - pace->target;
	change = off * STEEP;
	change = change > FASTEST ? FASTEST : change < -FASTEST ? -FASTEST : change;
	pace->rate = off > -(double)CALM && off < CALM ? 1.0 : 1.0 + change;
}

/* Whether there is enough to begin. */
static bool begin(struct sound_pace *pace, struct sound_ring *ring, u64 *at, unsigned nr)
{
	u64 fill = sound_ring_fill(ring, *at);

	if (fill < pace->cushion + nr)
		return false;
	if (fill > START_MOST + nr) {
		sound_ring_skip(ring, at, START_MOST + nr);
		fill = START_MOST + nr;
	}
	pace->target = pace->waiting = (double)(fill - nr);
	pace->flows = true;
	return true;
}

/* There is nothing to take: because the guest has stopped, or, in a gap, because it comes late. */
static void end_flow(struct sound_pace *pace, bool is_gap)
{
	pace->flows = false;
	pace->rate = 1.0;
	pace->gaps += is_gap;
	if (is_gap && pace->cushion < CUSHION_MOST)
		pace->cushion += pace->cushion / 2;
}

void sound_pace_play(
	struct sound_pace *pace, struct sound_ring *ring, u64 *at, u32 *frames, unsigned nr)
{
	u64 fill = sound_ring_fill(ring, *at);
	unsigned got;

	if (fill > MOST + nr)
		pace->flows = false;
	if (!pace->flows && !begin(pace, ring, at, nr)) {
		silence(frames, nr);
		return;
	}
	fill = sound_ring_fill(ring, *at);
	skip_silence(pace, ring, at, fill > nr ? fill - nr : 0);
	got = sound_ring_read(ring, at, frames, nr);
	if (got < nr) {
		silence(frames + got, nr - got);
		end_flow(pace, sound_ring_runs(ring));
		return;
	}
	follow(pace, (double)sound_ring_fill(ring, *at));
}

void sound_pace_record(struct sound_ring *ring, u64 *at, const u32 *frames, unsigned nr)
{
	static const u32 nothing[CUSHION];
	u64 ahead = *at - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE);

	if (nr > SOUND_RING_FRAMES / 4)
		nr = SOUND_RING_FRAMES / 4;
	/* The guest is not there, or takes less than it is given. */
	if (ahead > MOST + nr && ahead < 1ull << 63)
		return;
	if (!ahead || ahead >= 1ull << 63)
		sound_ring_write(ring, at, nothing, CUSHION);
	sound_ring_write(ring, at, frames, nr);
}
