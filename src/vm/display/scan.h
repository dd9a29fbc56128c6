/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of what a display shows, and which parts of it changed since when.
 *
 * The guest's memory is compared with the copy, row by row, when somebody wants to know: that costs
 * nothing while nobody looks, leaves the guest's writes as quick as those to RAM, and sees what
 * devices write, too. KVM's log of dirty pages has none of the three, and would have to follow the
 * slots of a BAR that the guest moves. A picture of 1280x800 takes one to two milliseconds.
 *
 * The copy is at one address for its life and in one format. One thread at a time.
 */
#ifndef VM_DISPLAY_SCAN_H
#define VM_DISPLAY_SCAN_H

#include "base/err.h"
#include "vm/display/picture.h"

#define SCAN_TILE  64 /* pixels, both ways: the unit of change */
#define SCAN_TILES ((PICTURE_MAX / SCAN_TILE) * (PICTURE_MAX / SCAN_TILE))

/* What is there to see of a display that shows nothing: black. */
#define SCAN_BLANK_WIDTH  640
#define SCAN_BLANK_HEIGHT 480

struct scan {
	u32 *pixels; /* rows without gaps; red in the lowest byte, then green, blue, 0 */
	u16 width, height;
	u64 stamp;        /* of the last change; grows */
	u64 size_stamp;   /* of the last change of the size */
	u64 *tiles;       /* the stamp of each tile's last change, by rows */
	u32 *row;         /* PICTURE_MAX pixels, for one row of the guest's */
	unsigned columns; /* of tiles */
};

struct scan_rect {
	u16 x, y, width, height;
};

int scan_open(struct scan *scan, struct err *err);
void scan_close(struct scan *scan);

/*
 * Makes the copy what @picture says of @memory, which holds all of it (see bochs_picture()) and may
 * be written meanwhile.
 */
void scan_update(struct scan *scan, const u8 *memory, const struct picture *picture);

/*
 * What has changed after stamp @since: at most @max rectangles, which may be larger than that.
 * Returns how many.
 */
unsigned scan_changes(const struct scan *scan, u64 since, struct scan_rect *rects, unsigned max);

#endif
