/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between two clocks: the guest plays by the host's, and who plays its samples has one of their
 * own. A few milliseconds of samples wait between them, and whether they become more or fewer says
 * how much faster or slower than 48 kHz they have to be taken. Pure.
 */
#ifndef VM_SOUND_PACE_H
#define VM_SOUND_PACE_H

#include "vm/sound/ring.h"

struct sound_pace {
	bool flows;       /* enough has come to begin with */
	unsigned cushion; /* how many frames are to wait at least; grows by each gap */
	double target;    /* how many frames are to wait */
	double waiting;   /* how many do, smoothed */
	double rate;      /* to take them at; 1.0: as they come */
	unsigned gaps;    /* how often there was nothing, in the middle of a sound */
};

void sound_pace_init(struct sound_pace *pace);

/*
 * Takes @nr frames for who plays them. Until enough have come they are silence. If more than that
 * wait, because who plays them took its time, that stays until it can be shortened in a silence.
 */
void sound_pace_play(
	struct sound_pace *pace, struct sound_ring *ring, u64 *at, u32 *frames, unsigned nr);

/*
 * Passes @nr frames to the guest. After a gap, and at the start, a little silence comes before
 * them, so that none follows; and what would wait too long is left out.
 */
void sound_pace_record(struct sound_ring *ring, u64 *at, const u32 *frames, unsigned nr);

#endif
