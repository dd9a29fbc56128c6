/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WAV files of 48 kHz, 16 bits and two channels, the samples of a sound_ring. */
#ifndef VM_SOUND_WAV_H
#define VM_SOUND_WAV_H

#include "base/err.h"
#include "base/types.h"

#define WAV_HEADER 44u
/* The most bytes of samples that the format's 32-bit sizes allow, in whole frames. */
#define WAV_MAX (0xffffffffu - WAV_HEADER - 3)

/* Writes a header for @size bytes of samples. */
void wav_header(u8 header[WAV_HEADER], u32 size);

/*
 * Finds the samples in a file that begins with @bytes, @nr of them: their offset, and their number
 * of bytes, in whole frames. -EINVAL with @err if it is no such file.
 */
int wav_find(const u8 *bytes, u32 nr, u32 *offset, u32 *size, struct err *err);

#endif
