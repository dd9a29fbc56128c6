/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that a display shares with the process that shows its picture: where the picture lies,
 * then the display's memory itself. The device is the only writer of where the picture lies; the
 * guest writes the pixels at any time. The other process maps both for reading only.
 */
#ifndef VM_DISPLAY_SCREEN_H
#define VM_DISPLAY_SCREEN_H

#include "base/err.h"
#include "vm/display/picture.h"

struct screen_place;

struct screen {
	int fd; /* of the memory file; -1: none */
	struct screen_place *place;
	u8 *pixels;
	u64 size; /* of @pixels */
};

/* Makes one with @size bytes of pixels, a multiple of a page, which is all zeroes. */
int screen_make(struct screen *screen, u64 size, struct err *err);
/* A descriptor for the other process, by which it can only read; -errno. The caller closes it. */
int screen_give(const struct screen *screen);
/* In the other process: maps what screen_give() gave, and takes it over. */
int screen_open(struct screen *screen, int fd, u64 size, struct err *err);
/* Safe on a zeroed struct. */
void screen_close(struct screen *screen);

/* Says where the picture is. One thread at a time. */
void screen_show(struct screen *screen, const struct picture *picture);
/*
 * Where it is, or one of size 0 where nothing is shown. It lies within @pixels, whatever the other
 * process has written.
 */
struct picture screen_picture(const struct screen *screen);

#endif
