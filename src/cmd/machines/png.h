/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes pictures as PNG (ISO/IEC 15948), compressed by zlib. Pure but for the file. */
#ifndef CMD_MACHINES_PNG_H
#define CMD_MACHINES_PNG_H

#include <stdio.h>

#include "base/err.h"

/* The picture that screendump writes: three bytes for each pixel, red first, row by row. */
struct pixmap {
	unsigned width, height;
	const u8 *pixels; /* in the bytes that it was found in */
};

#define PIXMAP_MAX 16384 /* of width and height */

/* Finds the picture in @size bytes of a portable pixmap (P6, 8 bits). Returns 0 or -EINVAL. */
int pixmap_find(struct pixmap *pixmap, const u8 *bytes, size_t size);

/* Returns 0 or -errno. */
int png_write(const struct pixmap *pixmap, FILE *out);

#endif
