/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libasound that are used here, by its ABI; its headers are not needed. */
#ifndef VM_SOUND_ALSA_LIBRARY_H
#define VM_SOUND_ALSA_LIBRARY_H

#include "base/err.h"

struct snd_pcm;

/* Arguments of type int stand for libasound's enumerations. */
struct alsa_library {
	int (*open)(struct snd_pcm **pcm, const char *name, int stream, int mode);
	int (*close)(struct snd_pcm *pcm);
	int (*set_params)(struct snd_pcm *pcm, int format, int access, unsigned channels,
		unsigned rate, int soft_resample, unsigned latency_us);
	long (*avail)(struct snd_pcm *pcm);
	long (*write)(struct snd_pcm *pcm, const void *frames, unsigned long nr);
	long (*read)(struct snd_pcm *pcm, void *frames, unsigned long nr);
	int (*start)(struct snd_pcm *pcm);
	int (*recover)(struct snd_pcm *pcm, int error, int silent);
	const char *(*text)(int error);
	/* Where the library sends what it has to say. */
	int (*set_error_handler)(void (*handler)(const char *file, int line, const char *function,
		int error, const char *format, ...));
};

enum { ALSA_PLAYBACK, ALSA_CAPTURE };
#define ALSA_NONBLOCK 1
#define ALSA_S16_LE   2
#define ALSA_RW       3 /* interleaved */

/* Returns -ENOENT if the library is not installed. It stays loaded until the process ends. */
int alsa_library_load(struct alsa_library *library, struct err *err);

#endif
