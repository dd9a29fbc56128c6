/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a display's picture, and a record of which parts changed when.
 *
 * On demand, guest memory is compared with the copy, row by row. That costs nothing while nobody
 * looks, leaves the guest's writes as fast as writes to RAM, and also sees what devices write.
 * KVM's dirty log has none of these three properties, and would have to follow the memory slots of
 * a BAR that the guest moves. A picture of 1280x800 takes one to two milliseconds.
 *
 * The copy never moves and has one format. One thread at a time.
 */
#ifndef VM_DISPLAY_SCAN_H
#define VM_DISPLAY_SCAN_H

#include "base/err.h"
#include "vm/display/picture.h"

#define SCAN_TILE  64 /* pixels, both ways: the unit of change */
#define SCAN_TILES ((PICTURE_MAX / SCAN_TILE) * (PICTURE_MAX / SCAN_TILE))

/* The size of the black picture for a display that shows nothing. */
#define SCAN_BLANK_WIDTH  640
#define SCAN_BLANK_HEIGHT 480

struct scan {
	u32 *pixels; /* rows without gaps; red in the lowest byte, then green, blue, 0 */
	u16 width, height;
	u64 stamp;        /* of the last change; grows */
	u64 size_stamp;   /* of the last change of the size */
	u64 *tiles;       /* the stamp of each tile's last change, by rows */
	u32 *row;         /* PICTURE_MAX pixels, for one row of the guest's picture */
	unsigned columns; /* of tiles */
};

struct scan_rect {
	u16 x, y, width, height;
};

int scan_open(struct scan *scan, struct err *err);
void scan_close(struct scan *scan);

/*
 * Updates the copy from @picture in @memory, which contains all of it (see bochs_picture()) and
 * which the guest may write meanwhile.
 */
void scan_update(struct scan *scan, const u8 *memory, const struct picture *picture);

/*
 * Writes to @rects at most @max rectangles that cover everything that has changed after the stamp
 * @since, and perhaps more. Returns their number.
 */
unsigned scan_changes(const struct scan *scan, u64 since, struct scan_rect *rects, unsigned max);

#endif
