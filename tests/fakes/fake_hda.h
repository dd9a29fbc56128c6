/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sound controller in the fake guest of fake_driver.h, with a clock that a test moves on, and a
 * player that keeps what it gets. Nothing runs by itself.
 */
#ifndef FAKE_HDA_H
#define FAKE_HDA_H

#include "fake.h"
#include "fake_driver.h"
#include "vm/hda/hda.h"

#define FHDA_FRAMES 65536u

struct fhda {
	struct guest guest;
	struct hda hda;
	struct fake_clock clock;
	u64 corb, rirb, list, data, positions;
	u8 corb_at, rirb_at;
	u32 played[FHDA_FRAMES]; /* the last so many */
	unsigned nr_played;
	u32 next_recorded; /* the player's microphone counts */
	bool plays, records;
};

/* Opens it, and programs the BAR; the controller is in reset. */
void fhda_open(struct fhda *f);
void fhda_close(struct fhda *f);
u32 fhda_read(struct fhda *f, u32 reg, unsigned size);
void fhda_write(struct fhda *f, u32 reg, unsigned size, u32 value);
/* Leaves the reset, and sets up the rings; MSI sends GUEST_MSI with data 0x40. */
void fhda_start(struct fhda *f);
/* Sends a command, and returns the answer. */
u32 fhda_ask(struct fhda *f, u32 command);
/*
 * Sets up stream @n with tag @tag, connected to its converter, and @nr buffers of @size bytes, each
 * of which interrupts; but does not let it run.
 */
void fhda_stream(struct fhda *f, unsigned n, unsigned tag, unsigned nr, u32 size);
/* Lets it run, or stand. */
void fhda_run(struct fhda *f, unsigned n, bool on);
/* @ms pass, in rounds of the thread's length or less. */
void fhda_pass(struct fhda *f, unsigned ms);

static inline u32 fhda_reg(unsigned n, u32 reg)
{
	return HDA_SD + n * HDA_SD_SIZE + reg;
}

#endif
