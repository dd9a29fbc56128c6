/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's sound card, as --sound asks for it. */
#ifndef VM_SOUND_SOUND_CONFIG_H
#define VM_SOUND_SOUND_CONFIG_H

#include "base/types.h"

enum sound_kind {
	SOUND_OFF,
	SOUND_ON, /* PipeWire, or else ALSA, or else nobody hears it */
	SOUND_PIPEWIRE,
	SOUND_ALSA,
	SOUND_FILE,
	SOUND_NONE, /* the guest has a sound card that nobody hears */
	SOUND_NR_KINDS,
};

struct sound_config {
	enum sound_kind kind;
	const char *file;  /* SOUND_FILE: a WAV file that gets what the guest plays, */
	u64 max;           /* and its maximum size in bytes; 0: no limit but that of the format */
	const char *input; /* a WAV file that the guest hears over and over, or NULL */
	const char *user;  /* whose session plays it; NULL: found out */
};

/* "on", "pipewire", ... */
extern const char *const sound_kinds[SOUND_NR_KINDS];

#endif
