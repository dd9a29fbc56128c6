/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's side of its sound: starts the process that plays and records it (server.h), and
 * passes samples to it and from it through memory (ring.h). Nothing here waits for that process;
 * without it, what the guest plays goes nowhere, and it hears silence.
 *
 * The machine opens and closes the struct on the thread of its loop, and owns it.
 */
#ifndef VM_SOUND_SOUND_H
#define VM_SOUND_SOUND_H

#include "base/child.h"
#include "vm/sound/ring.h"
#include "vm/sound/sound_config.h"

struct sound {
	struct child child;
	struct loop *loop;
	struct sound_memory *memory;
	int memory_fd, link; /* -1: none */
	u64 played, recorded;
};

int sound_open(
	struct sound *sound, const struct sound_config *config, struct loop *loop, struct err *err);
/* Safe on a zeroed struct. */
void sound_close(struct sound *sound);

/* These are a struct hda_ops with the struct as the owner. Any thread, one at a time. */
void sound_play(void *sound, const u32 *frames, unsigned nr);
void sound_record(void *sound, u32 *frames, unsigned nr);
void sound_run(void *sound, bool plays, bool records);

#endif
