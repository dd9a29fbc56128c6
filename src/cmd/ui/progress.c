// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/ui/size.h"
#include "cmd/ui/term.h"

#define BAR_MAX 40u
#define BAR_MIN 5u

static void left_text(char *text, size_t size, u64 done, u64 total, u64 seconds)
{
	u64 left = done ? (u64)((double)seconds * (double)(total - done) / (double)done) : 0;

	if (!done || seconds < 2)
		*text = '\0';
	else if (left < 90)
		snprintf(text, size, ", %llu s left", (unsigned long long)left);
	else
		snprintf(text, size, ", %llu min left", (unsigned long long)(left + 30) / 60);
}

void progress_text(char *text, size_t size, unsigned columns, const char *what, u64 done, u64 total,
	u64 seconds)
{
	char is[SIZE_TEXT], of[SIZE_TEXT], left[40], tail[120];
	unsigned percent, used, width, full;

	if (done > total)
		done = total;
	percent = total ? (unsigned)((double)done * 100 / (double)total) : 100;
	left_text(left, sizeof(left), done, total, seconds);
	snprintf(tail, sizeof(tail), "%3u %%  %s of %s%s", percent, size_text(is, done),
		size_text(of, total), left);
	used = term_width_of(what) + (unsigned)strlen(tail) + 5;
	width = columns > used ? columns - used : 0;
	if (width > BAR_MAX)
		width = BAR_MAX;
	if (width < BAR_MIN) {
		snprintf(text, size, "%s %s", what, tail);
		return;
	}
	full = percent * width / 100;
	snprintf(text, size, "%s [%.*s%.*s] %s", what, (int)full,
		"########################################", (int)(width - full),
		"........................................", tail);
}

void progress_begin(struct progress *progress, const char *what, u64 total)
{
	*progress = (struct progress){
		.what = what,
		.total = total,
		.began = clock_monotonic(&clock_system),
		.is_terminal = isatty(STDERR_FILENO),
	};
}

void progress_step(struct progress *progress, u64 done)
{
	u64 now = clock_monotonic(&clock_system), since = now - progress->began;
	struct term term = term_of(stderr);
	char text[512];

	if (!progress->is_terminal || since < NS_PER_S ||
		(progress->shown && now - progress->shown < NS_PER_S / 4))
		return;
	progress->shown = now;
	progress_text(text, sizeof(text), term.width ? term.width : 80, progress->what, done,
		progress->total, since / NS_PER_S);
	/* To the line's start, and clear what was there. */
	fprintf(stderr, "\r\033[K%s", text);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = 0;
}
