/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture as it lies in a display's memory: what the device's registers say, checked, so that
 * whoever has one may read all of it.
 */
#ifndef VM_DISPLAY_PICTURE_H
#define VM_DISPLAY_PICTURE_H

#include "base/types.h"

/* A display shows nothing of a mode beyond these, in pixels. */
#define PICTURE_MIN 64
#define PICTURE_MAX 4096

enum picture_format {
	PICTURE_XRGB, /* 32 bits, little-endian: blue first */
	PICTURE_BGRX, /* 32 bits, big-endian: red second */
	PICTURE_565,  /* 16 bits, little-endian: five of red on top */
};

struct picture {
	u16 width, height; /* pixels; 0 both: nothing is shown */
	u32 stride;        /* bytes from one row to the next */
	u64 offset;        /* of the first row, in bytes */
	enum picture_format format;
};

static inline unsigned picture_bytes(enum picture_format format)
{
	return format == PICTURE_565 ? 2 : 4;
}

#endif
