/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files that write a capture: each file is written once, under its real path, with
 * the links that lead there.
 */
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
/*
 * Writes a file as it is, text or binary; directories and links by name only. A path that does not
 * exist is skipped.
 */
void capture_file(struct capturing *capturing, const char *path);
void capture_link(struct capturing *capturing, const char *path);
/*
 * Writes all files that match a pattern, which is matched component by component:
 * "/sys/class/net/?*".
 */
void capture_glob(struct capturing *capturing, const char *pattern,
	void (*take)(struct capturing *, const char *path));
/* Writes a text in place of a file's contents. */
void capture_text(struct capturing *capturing, const char *path, const char *text, size_t size);
/* Records that a directory exists, or a file whose contents do not matter. */
void capture_presence(struct capturing *capturing, const char *path);

/*
 * Whether @at is the start of something that names a person, a machine or a network. Returns how
 * many characters to mask, after the @lead that stays, or 0.
 */
size_t capture_personal_at(const char *at, bool starts_word, size_t *lead);

/* Writes files of which only a part is captured. */
void capture_filtered(struct capturing *capturing);

#endif
