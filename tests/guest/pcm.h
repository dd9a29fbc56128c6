/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sound card's streams of 48 kHz, 16 bits and two channels, by the kernel's own interface. */
#ifndef GUEST_PCM_H
#define GUEST_PCM_H

#include "base/types.h"

#define PCM_RATE 48000u

/* Opens the @capture or playback stream of the first card, with room for @buffer frames. */
int pcm_open(bool capture, unsigned period, unsigned buffer);
/* Sets all switches of the card on, and all volumes to their maximum. Returns their number. */
unsigned pcm_mixer_up(void);

#endif
