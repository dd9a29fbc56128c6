// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/machines/png.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/own.h"

static void put_be32(u8 *to, u32 value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (u8)(value >> (24 - 8 * i));
}

static bool number(const u8 *bytes, size_t size, size_t *at, unsigned *value)
{
	size_t begin;

	while (*at < size && isspace(bytes[*at]))
		(*at)++;
	begin = *at;
	for (*value = 0; *at < size && isdigit(bytes[*at]) && *at - begin < 6; (*at)++)
		*value = *value * 10 + bytes[*at] - '0';
	return *at > begin;
}

int pixmap_find(struct pixmap *pixmap, const u8 *bytes, size_t size)
{
	unsigned depth;
	size_t at = 2;

	if (size < 3 || memcmp(bytes, "P6", 2) || !number(bytes, size, &at, &pixmap->width) ||
		!number(bytes, size, &at, &pixmap->height) || !number(bytes, size, &at, &depth) ||
		depth != 255 || !pixmap->width || !pixmap->height || pixmap->width > PIXMAP_MAX ||
		pixmap->height > PIXMAP_MAX)
		return -EINVAL;
	at++;
	if (at > size || size - at < (size_t)3 * pixmap->width * pixmap->height)
		return -EINVAL;
	pixmap->pixels = bytes + at;
	return 0;
}

/* 5.3: length, type, data, and the CRC of type and data. */
static void put_chunk(FILE *out, const char type[4], const u8 *data, u32 size)
{
	u8 number[4];
	uLong crc = crc32(0, (const Bytef *)type, 4);

	if (size)
		crc = crc32(crc, data, size);
	put_be32(number, size);
	fwrite(number, sizeof(number), 1, out);
	fwrite(type, 4, 1, out);
	if (size)
		fwrite(data, size, 1, out);
	put_be32(number, (u32)crc);
	fwrite(number, sizeof(number), 1, out);
}

int png_write(const struct pixmap *pixmap, FILE *out)
{
	static const u8 signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	u8 head[13] = { [8] = 8, [9] = 2 }; /* 8 bits each of red, green and blue */
	size_t row = (size_t)3 * pixmap->width, raw_size = (row + 1) * pixmap->height;
	uLongf size = compressBound(raw_size);
	own_free u8 *raw = malloc(raw_size), *data = malloc(size);

	if (!raw || !data)
		return -ENOMEM;
	/* Each row begins with the number of its filter: none. */
	for (unsigned y = 0; y < pixmap->height; y++) {
		raw[y * (row + 1)] = 0;
		memcpy(raw + y * (row + 1) + 1, pixmap->pixels + y * row, row);
	}
	if (compress2(data, &size, raw, raw_size, 6) != Z_OK || size > 0x7fffffff)
		return -ENOMEM;
	put_be32(head, pixmap->width);
	put_be32(head + 4, pixmap->height);
	fwrite(signature, sizeof(signature), 1, out);
	put_chunk(out, "IHDR", head, sizeof(head));
	put_chunk(out, "IDAT", data, (u32)size);
	put_chunk(out, "IEND", NULL, 0);
	return ferror(out) ? -EIO : 0;
}
