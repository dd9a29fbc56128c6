/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a capture is written: each file once, at its real place, with the links that lead there. */
#ifndef HOST_SCAN_CAPTURE_INTERNAL_H
#define HOST_SCAN_CAPTURE_INTERNAL_H

#include "host/scan/capture.h"

struct capturing {
	const struct sysroot *sysroot;
	FILE *out;
	void *written; /* a tree of paths, tsearch(3) */
	struct capture_summary *summary;
	bool failed;
};

/* Counts and names a file that could not be read. */
void capture_unreadable(struct capture_summary *summary, const char *path);
/* A file as it is, text or not; a directory, a link by name only. What does not exist is left out.
 */
void capture_file(struct capturing *capturing, const char *path);
void capture_link(struct capturing *capturing, const char *path);
/* All that match, each component by itself: "/sys/class/net/?*". */
void capture_glob(struct capturing *capturing, const char *pattern,
	void (*take)(struct capturing *, const char *path));
/* Text in the place of a file. */
void capture_text(struct capturing *capturing, const char *path, const char *text, size_t size);
/* A directory that is there, or a file whose contents do not matter. */
void capture_presence(struct capturing *capturing, const char *path);

/*
 * Whether @at begins what names a person, a machine or a network. Returns how much of it is to be
 * masked, behind the @lead that stays.
 */
size_t capture_personal_at(const char *at, bool starts_word, size_t *lead);

/* Files of which a part is taken. */
void capture_filtered(struct capturing *capturing);

#endif
