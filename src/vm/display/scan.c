// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"

#define PIXELS_SIZE ((u64)PICTURE_MAX * PICTURE_MAX * 4)

int scan_open(struct scan *scan, struct err *err)
{
	void *pixels = mmap(NULL, PIXELS_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*scan = (struct scan){
		.pixels = pixels == MAP_FAILED ? NULL : pixels,
		.tiles = calloc(SCAN_TILES, sizeof(*scan->tiles)),
		.row = calloc(PICTURE_MAX, sizeof(*scan->row)),
	};
	if (scan->pixels && scan->tiles && scan->row)
		return 0;
	scan_close(scan);
	return err_sys(err, ENOMEM, "no memory for a copy of the display");
}

void scan_close(struct scan *scan)
{
	if (scan->pixels)
		munmap(scan->pixels, PIXELS_SIZE);
	free(scan->tiles);
	free(scan->row);
	*scan = (struct scan){ 0 };
}

static unsigned rows_of_tiles(const struct scan *scan)
{
	return (scan->height + SCAN_TILE - 1) / SCAN_TILE;
}

static void resize(struct scan *scan, u16 width, u16 height)
{
	scan->width = width;
	scan->height = height;
	scan->columns = (width + SCAN_TILE - 1) / SCAN_TILE;
	scan->size_stamp = ++scan->stamp;
	for (unsigned i = 0; i < scan->columns * rows_of_tiles(scan); i++)
		scan->tiles[i] = scan->stamp;
	memset(scan->pixels, 0, (size_t)width * height * 4);
}

/* Widens a colour of five or six bits to eight, so that white stays white. */
static u32 widen(u32 value, unsigned bits)
{
	return value << (8 - bits) | value >> (2 * bits - 8);
}

static u32 from_565(u32 v)
{
	return widen(v >> 11, 5) | widen(v >> 5 & 0x3f, 6) << 8 | widen(v & 0x1f, 5) << 16;
}

static u32 from_xrgb(u32 v)
{
	return (v >> 16 & 0xff) | (v & 0xff00) | (v & 0xff) << 16;
}

/* One loop for each format, because most of the time is spent here. */
static void convert_row(struct scan *scan, const u8 *from, enum picture_format format)
{
	unsigned width = scan->width;
	u32 *to = scan->row;

	switch (format) {
	case PICTURE_XRGB:
		for (unsigned x = 0; x < width; x++)
			to[x] = from_xrgb(get_le32(from + 4 * x));
		break;
	case PICTURE_BGRX:
		for (unsigned x = 0; x < width; x++)
			to[x] = get_le32(from + 4 * x) >> 8;
		break;
	case PICTURE_565:
		for (unsigned x = 0; x < width; x++)
			to[x] = from_565(get_le16(from + 2 * x));
		break;
	}
}

/* Takes the row from the converted copy, which the guest cannot change during the comparison. */
static bool take_row(struct scan *scan, unsigned y)
{
	u32 *copy = scan->pixels + (size_t)y * scan->width;
	u64 *tiles = scan->tiles + (size_t)(y / SCAN_TILE) * scan->columns;

	if (!memcmp(copy, scan->row, (size_t)scan->width * 4))
		return false;
	for (unsigned x = 0; x < scan->width; x += SCAN_TILE) {
		unsigned left = scan->width - x, n = left < SCAN_TILE ? left : SCAN_TILE;

		if (!memcmp(copy + x, scan->row + x, n * 4))
			continue;
		memcpy(copy + x, scan->row + x, n * 4);
		tiles[x / SCAN_TILE] = scan->stamp + 1;
	}
	return true;
}

void scan_update(struct scan *scan, const u8 *memory, const struct picture *picture)
{
	bool blank = !picture->width, changed = false;
	u16 width = blank ? SCAN_BLANK_WIDTH : picture->width;
	u16 height = blank ? SCAN_BLANK_HEIGHT : picture->height;

	if (scan->width != width || scan->height != height)
		resize(scan, width, height);
	for (unsigned y = 0; y < height; y++) {
		if (blank)
			memset(scan->row, 0, (size_t)width * 4);
		else
			convert_row(scan, memory + picture->offset + (u64)y * picture->stride,
				picture->format);
		changed |= take_row(scan, y);
	}
	if (changed)
		scan->stamp++;
}

static struct scan_rect rect_of(const struct scan *scan, unsigned row, unsigned from, unsigned to)
{
	unsigned x = from * SCAN_TILE, y = row * SCAN_TILE;
	unsigned right = to * SCAN_TILE, bottom = y + SCAN_TILE;

	right = right < scan->width ? right : scan->width;
	bottom = bottom < scan->height ? bottom : scan->height;
	return (struct scan_rect){ (u16)x, (u16)y, (u16)(right - x), (u16)(bottom - y) };
}

unsigned scan_changes(const struct scan *scan, u64 since, struct scan_rect *rects, unsigned max)
{
	unsigned n = 0;

	for (unsigned row = 0; row < rows_of_tiles(scan); row++) {
		const u64 *tiles = scan->tiles + (size_t)row * scan->columns;

		for (unsigned from = 0, to; from < scan->columns; from = to) {
			for (to = from; to < scan->columns && tiles[to] > since; to++)
				;
			if (to == from) {
				to++;
				continue;
			}
			if (n == max) {
				rects[0] = (struct scan_rect){ 0, 0, scan->width, scan->height };
				return 1;
			}
			rects[n++] = rect_of(scan, row, from, to);
		}
	}
	return n;
}
