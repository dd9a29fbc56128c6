// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the formats of chip programmers, Intel HEX and S-records, and base64. */
#include <ctype.h>
#include <string.h>

#include "pci/rom/text_internal.h"

#define MAX_RECORD 260

/*
 * Reads the bytes that @line spells in hexadecimal from @at on. Returns false if there is anything
 * else.
 */
static bool take_bytes(const struct text *line, size_t at, u8 *bytes, unsigned *nr)
{
	*nr = 0;
	for (; at + 1 < line->size; at += 2) {
		int high = hex_digit(line->at[at]), low = hex_digit(line->at[at + 1]);

		if (high < 0 || low < 0 || *nr == MAX_RECORD)
			return false;
		bytes[(*nr)++] = high << 4 | low;
	}
	return at == line->size;
}

static u8 sum(const u8 *bytes, unsigned nr)
{
	u8 value = 0;

	while (nr--)
		value += bytes[nr];
	return value;
}

/* Offsets count from the first record's address; gaps are filled with FF, as in a blank chip. */
struct image {
	struct bytes_out *out;
	u64 first;
	bool has_first;
};

static bool place(struct image *image, u64 address, const u8 *bytes, unsigned nr)
{
	struct bytes_out *out = image->out;
	u64 at;

	if (!nr)
		return true;
	if (!image->has_first) {
		image->first = address;
		image->has_first = true;
	}
	at = address - image->first;
	/* Programs write records in ascending order: reject an address before the end. */
	if (address < image->first || at < out->size || at > TEXT_MAX_FILL + out->size ||
		!bytes_make_room(out, at - out->size + nr))
		return false;
	memset(out->bytes + out->size, 0xff, at - out->size);
	memcpy(out->bytes + at, bytes, nr);
	out->size = at + nr;
	return true;
}

bool text_read_intel_hex(const struct text *text, struct bytes_out *out)
{
	struct image image = { .out = out };
	struct text rest = *text, line;
	u8 record[MAX_RECORD];
	u64 base = 0;
	unsigned nr;

	while (text_line(&rest, &line)) {
		if (!line.size)
			continue;
		/* A record has count, address, type, data and checksum. */
		if (line.at[0] != ':' || !take_bytes(&line, 1, record, &nr) || nr < 5 ||
			nr != record[0] + 5u || sum(record, nr))
			return false;
		if (record[3] == 1)
			break;
		if (record[3] == 2 && nr == 7)
			base = (record[4] << 8 | record[5]) << 4;
		else if (record[3] == 4 && nr == 7)
			base = (u64)(record[4] << 8 | record[5]) << 16;
		else if (record[3] == 0 &&
			 !place(&image, base + (record[1] << 8 | record[2]), record + 4, nr - 5))
			return false;
	}
	return out->size;
}

bool text_read_srecord(const struct text *text, struct bytes_out *out)
{
	struct image image = { .out = out };
	struct text rest = *text, line;
	u8 record[MAX_RECORD];
	unsigned nr;

	while (text_line(&rest, &line)) {
		unsigned nr_address;
		u64 address = 0;

		if (!line.size)
			continue;
		/*
		 * A record has count, address, data and checksum, and all its bytes add up to FF.
		 */
		if (line.at[0] != 'S' || line.size < 4 || !take_bytes(&line, 2, record, &nr) ||
			nr != record[0] + 1u || sum(record, nr) != 0xff)
			return false;
		if (line.at[1] < '1' || line.at[1] > '3')
			continue;
		nr_address = line.at[1] - '0' + 1;
		if (nr < nr_address + 2)
			return false;
		for (unsigned i = 0; i < nr_address; i++)
			address = address << 8 | record[1 + i];
		if (!place(&image, address, record + 1 + nr_address, nr - nr_address - 2))
			return false;
	}
	return out->size;
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? found - digits : -1;
}

bool text_read_base64(const struct text *text, struct bytes_out *out)
{
	struct text rest = *text, line;
	unsigned nr_bits = 0;
	u32 bits = 0;

	while (text_line(&rest, &line)) {
		if (line.size > 5 && !memcmp(line.at, "-----", 5))
			continue;
		for (size_t i = 0; i < line.size; i++) {
			int digit = base64_digit(line.at[i]);

			if (isspace((unsigned char)line.at[i]) || line.at[i] == '=')
				continue;
			if (digit < 0)
				return false;
			bits = (bits << 6 | digit) & 0xffffff;
			nr_bits += 6;
			if (nr_bits >= 8) {
				nr_bits -= 8;
				bytes_add(out, bits >> nr_bits);
			}
		}
	}
	return out->size;
}
