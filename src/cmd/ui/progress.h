/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line on standard error that shows how far a long piece of work is. It appears only on a
 * terminal, and only after a second.
 *
 * The caller owns the struct, and calls everything on one thread.
 */
#ifndef CMD_UI_PROGRESS_H
#define CMD_UI_PROGRESS_H

#include "base/types.h"

struct progress {
	const char *what; /* before the bar; outlives the struct */
	u64 total;        /* bytes */
	u64 began;        /* ns */
	u64 shown;        /* ns: when the line was last printed; 0: never */
	bool is_terminal;
};

void progress_begin(struct progress *progress, const char *what, u64 total);
/* @done bytes are done. May be called as often as one likes. */
void progress_step(struct progress *progress, u64 done);
/* Removes the line. Safe on a zeroed struct. */
void progress_end(struct progress *progress);

/*
 * Writes the line to @text, of @size bytes: "WHAT [#####.....]  50 %  32 GiB of 64 GiB, 1 min
 * left", with a bar that fits into @columns, or with none. @seconds: since the beginning. Pure.
 */
void progress_text(char *text, size_t size, unsigned columns, const char *what, u64 done, u64 total,
	u64 seconds);

#endif
