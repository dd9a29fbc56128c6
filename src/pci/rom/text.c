// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/rom.h"
#include "pci/rom/text_internal.h"

#define LEAST 16 /* bytes; anything shorter is not a dump */

struct form {
	const char *name;
	bool (*read)(const struct text *text, struct bytes_out *out);
	bool needs_signature; /* other text may look like this format */
};

static const struct form forms[] = {
	{ "an Intel HEX file", text_read_intel_hex, false },
	{ "a file of S-records", text_read_srecord, false },
	{ "an export of the Windows registry", text_read_registry, false },
	{ "an array of a programming language", text_read_array, false },
	{ "a string of a programming language", text_read_escapes, false },
	{ "plain hexadecimal text", text_read_hex, true },
	{ "a hex dump", text_read_dump, false },
	{ "base64 text", text_read_base64, true },
};

bool text_line(struct text *text, struct text *line)
{
	const char *end;

	if (!text->size)
		return false;
	end = memchr(text->at, '\n', text->size);
	*line = (struct text){ text->at, end ? (size_t)(end - text->at) : text->size };
	text->at += line->size + !!end;
	text->size -= line->size + !!end;
	while (line->size && line->at[line->size - 1] == '\r')
		line->size--;
	return true;
}

bool bytes_make_room(struct bytes_out *out, size_t nr)
{
	size_t room = out->room ? out->room : 4 * KIB;
	u8 *bigger;

	if (nr <= out->room - out->size)
		return true;
	if (nr > ROM_MAX_SIZE - out->size)
		return false;
	while (room - out->size < nr)
		room *= 2;
	bigger = realloc(out->bytes, room);
	if (!bigger) {
		out->no_memory = true;
		return false;
	}
	out->bytes = bigger;
	out->room = room;
	return true;
}

void bytes_add(struct bytes_out *out, u8 byte)
{
	if (bytes_make_room(out, 1))
		out->bytes[out->size++] = byte;
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_utf16(const u8 *bytes, size_t size, bool *big_endian)
{
	u16 mark = size >= 2 ? get_le16(bytes) : 0;

	*big_endian = mark == 0xfffe;
	return mark == 0xfeff || mark == 0xfffe;
}

static bool is_text_byte(u8 byte)
{
	return byte >= 0x20 ? byte != 0x7f : strchr("\t\n\f\r\033", byte) && byte;
}

bool rom_is_text(const u8 *bytes, size_t size)
{
	bool big_endian;
	size_t nr_high = 0;

	if (is_utf16(bytes, size, &big_endian))
		return size >= 8 && !(size & 1) && !bytes[big_endian ? 2 : 3];
	for (size_t i = 0; i < size; i++) {
		if (!is_text_byte(bytes[i]))
			return false;
		nr_high += bytes[i] >= 0x80;
	}
	/*
	 * Text may have letters of other languages, or a hex dump's column of characters, but not
	 * mostly.
	 */
	return size >= LEAST && nr_high <= size / 2;
}

/* Converts UTF-16 to 8-bit characters; a dump's digits need no others. Returns the size. */
static size_t narrow(char *to, const u8 *from, size_t size)
{
	bool big_endian;
	size_t n = 0;

	if (!is_utf16(from, size, &big_endian)) {
		if (size >= 3 && !memcmp(from, "\xef\xbb\xbf", 3)) {
			from += 3;
			size -= 3;
		}
		memcpy(to, from, size);
		return size;
	}
	for (size_t i = 2; i + 1 < size; i += 2) {
		u16 c = big_endian ? get_be16(from + i) : get_le16(from + i);

		to[n++] = c < 0x80 ? c : '?';
	}
	return n;
}

static bool has_signature(const struct bytes_out *out)
{
	return out->size >= 4 &&
	       ((out->bytes[0] == 0x55 && out->bytes[1] == 0xaa) ||
		       !memcmp(out->bytes, "NVGI", 4) || !memcmp(out->bytes, "VFCT", 4));
}

/* Reads the text in the first format that fits. Returns false if none does. */
static bool read_form(struct rom_text *out, const struct text *text, struct bytes_out *bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		bytes->size = 0;
		if (!forms[i].read(text, bytes) || bytes->size < LEAST)
			continue;
		if (forms[i].needs_signature && !has_signature(bytes))
			continue;
		*out = (struct rom_text){ bytes->bytes, bytes->size, forms[i].name };
		return true;
	}
	return false;
}

int rom_text_read(struct rom_text *out, const u8 *text, size_t size)
{
	own_free char *narrowed = NULL;
	struct bytes_out bytes = { 0 };
	struct text read;

	*out = (struct rom_text){ 0 };
	if (!rom_is_text(text, size))
		return -ENOENT;
	narrowed = malloc(size + 1);
	if (!narrowed)
		return -ENOMEM;
	read = (struct text){ narrowed, narrow(narrowed, text, size) };
	if (read_form(out, &read, &bytes) && !bytes.no_memory)
		return 0;
	free(bytes.bytes);
	*out = (struct rom_text){ 0 };
	return bytes.no_memory ? -ENOMEM : -ENOENT;
}
