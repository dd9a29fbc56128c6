/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where and in which format a picture lies in a display's memory. The device has checked its
 * registers, so that the owner of a struct picture may read all of it.
 */
#ifndef VM_DISPLAY_PICTURE_H
#define VM_DISPLAY_PICTURE_H

#include "base/types.h"

/* Limits of a mode's width and height, in pixels. A display shows nothing in other modes. */
#define PICTURE_MIN 64
#define PICTURE_MAX 4096

enum picture_format {
	PICTURE_XRGB, /* 32 bits, little-endian: blue first */
	PICTURE_BGRX, /* 32 bits, big-endian: red second */
	PICTURE_565,  /* 16 bits, little-endian: five bits of red on top */
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
