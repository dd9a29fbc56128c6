// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decodes encodings, and removes what terminals and web pages leave in a text. The result is UTF-8
 * with '\n', plain blanks, and ASCII characters for bullets, quotes and box drawing.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "host/scan/text/text.h"

#define ESC 0x1b

struct decoder {
	const u8 *in, *end;
	char *out, *start;
	bool quoted_printable;
};

/* Replaces some characters of three bytes in UTF-8 with ASCII. */
static char ascii_for(u32 code)
{
	if ((code >= 0x2000 && code <= 0x200a) || code == 0xa0 || code == 0x202f || code == 0x3000)
		return ' ';
	if (code == 0x2028 || code == 0x2029 || code == 0x85)
		return '\n';
	if (code == 0x2018 || code == 0x2019)
		return '\'';
	if (code == 0x201c || code == 0x201d || code == 0xab || code == 0xbb)
		return '"';
	if ((code >= 0x2010 && code <= 0x2015) || code == 0x2500 || code == 0x2501 ||
		code == 0x2550 || code == 0x2212)
		return '-';
	if (code == 0x2022 || code == 0x25e6 || code == 0x25aa || code == 0x25cf ||
		code == 0x2023 || code == 0xb7 || code == 0x2043 || code == 0x25cb)
		return '*';
	if (code == 0x2502 || code == 0x2503 || code == 0x2551)
		return '|';
	if ((code >= 0x250c && code <= 0x254b) || (code >= 0x2552 && code <= 0x2570))
		return '+';
	return 0;
}

/* Characters without width: direction marks, joiners and the like. */
static bool is_invisible(u32 code)
{
	return code == 0xfeff || (code >= 0x200b && code <= 0x200f) || code == 0xad ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code <= 0x2064);
}

static void put(struct decoder *d, u32 code)
{
	char ascii = ascii_for(code);

	if (is_invisible(code))
		return;
	if (ascii) {
		*d->out++ = ascii;
	} else if (code < 0x80) {
		*d->out++ = code;
	} else if (code < 0x800) {
		*d->out++ = 0xc0 | code >> 6;
		*d->out++ = 0x80 | (code & 0x3f);
	} else if (code < 0x10000) {
		*d->out++ = 0xe0 | code >> 12;
		*d->out++ = 0x80 | (code >> 6 & 0x3f);
		*d->out++ = 0x80 | (code & 0x3f);
	} else {
		*d->out++ = 0xf0 | code >> 18;
		*d->out++ = 0x80 | (code >> 12 & 0x3f);
		*d->out++ = 0x80 | (code >> 6 & 0x3f);
		*d->out++ = 0x80 | (code & 0x3f);
	}
}

/* Decodes a character of two or three bytes; bytes that are not UTF-8 stay unchanged. */
static void decode_wide(struct decoder *d)
{
	const u8 *in = d->in;
	size_t left = d->end - in;

	if (in[0] >= 0xc2 && in[0] < 0xe0 && left > 1 && (in[1] & 0xc0) == 0x80) {
		put(d, (in[0] & 0x1fu) << 6 | (in[1] & 0x3f));
		d->in += 2;
	} else if (in[0] >= 0xe0 && in[0] < 0xf0 && left > 2 && (in[1] & 0xc0) == 0x80 &&
		   (in[2] & 0xc0) == 0x80) {
		put(d, (in[0] & 0xfu) << 12 | (in[1] & 0x3fu) << 6 | (in[2] & 0x3f));
		d->in += 3;
	} else {
		*d->out++ = *d->in++;
	}
}

/* The length of a control sequence's parameters and final letter; 0 if it is not a sequence. */
static size_t sequence_len(const u8 *at, const u8 *end, bool colour_only)
{
	const u8 *from = at;

	while (at < end && at - from < 32 && (isdigit(*at) || *at == ';' || *at == '?'))
		at++;
	if (at == end || (colour_only && (*at != 'm' || at == from)) || *at < 0x40 || *at > 0x7e)
		return 0;
	return at + 1 - from;
}

static void skip_escape(struct decoder *d)
{
	const u8 *at = d->in + 1;

	if (at < d->end && *at == '[') {
		d->in = at + 1 + sequence_len(at + 1, d->end, false);
	} else if (at < d->end && *at == ']') {
		/*
		 * A window title, which ends at BEL or the string terminator, at the latest at the
		 * line's end.
		 */
		while (at < d->end && *at != '\a' && *at != '\n' && *at != ESC)
			at++;
		if (at < d->end && *at == '\a')
			at++;
		else if (at + 1 < d->end && *at == ESC && at[1] == '\\')
			at += 2;
		d->in = at;
	} else if (at < d->end && (*at == '(' || *at == ')')) {
		d->in = at + (at + 1 < d->end ? 2 : 1);
	} else {
		d->in = at + (at < d->end && *at != '\n');
	}
}

/* Skips a colour sequence whose escape character was lost or is written out. */
static bool skip_written_escape(struct decoder *d)
{
	static const char *const leads[] = { "[", "^[[", "\\e[", "\\033[", "\\x1b[", "\\u001b[" };
	size_t left = d->end - d->in;

	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		size_t lead = strlen(leads[i]), n;

		if (left <= lead || memcmp(d->in, leads[i], lead))
			continue;
		n = sequence_len(d->in + lead, d->end, true);
		if (!n)
			continue;
		d->in += lead + n;
		return true;
	}
	return false;
}

static bool decode_entity(struct decoder *d)
{
	static const struct {
		const char *name;
		char value;
	} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
		{ "&#39;", '\'' }, { "&#x27;", '\'' }, { "&nbsp;", ' ' }, { "&#160;", ' ' },
		{ "<br>", '\n' }, { "<br/>", '\n' }, { "<br />", '\n' } };
	size_t left = d->end - d->in;

	for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
		size_t n = strlen(entities[i].name);

		if (left < n || memcmp(d->in, entities[i].name, n))
			continue;
		d->in += n;
		/* A break entity followed by a newline is only one line end. */
		if (entities[i].value == '\n' && d->in < d->end && *d->in == '\n')
			return true;
		*d->out++ = entities[i].value;
		return true;
	}
	return false;
}

static int hex_value(u8 c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes "=3D" and soft line breaks of a quoted-printable mail. */
static bool decode_quoted(struct decoder *d)
{
	size_t left = d->end - d->in;

	if (left > 1 && d->in[1] == '\n') {
		d->in += 2;
		return true;
	}
	if (left > 2 && d->in[1] == '\r' && d->in[2] == '\n') {
		d->in += 3;
		return true;
	}
	if (left < 3 || hex_value(d->in[1]) < 0 || hex_value(d->in[2]) < 0)
		return false;
	*d->out++ = hex_value(d->in[1]) << 4 | hex_value(d->in[2]);
	d->in += 3;
	return true;
}

static void decode_one(struct decoder *d)
{
	u8 c = *d->in;

	switch (c) {
	case '\r':
		d->in++;
		if (d->in == d->end || *d->in != '\n')
			*d->out++ = '\n';
		return;
	case ESC:
		skip_escape(d);
		return;
	case '\b':
		/* Overstriking, which prints bold. */
		if (d->out > d->start && d->out[-1] != '\n')
			d->out--;
		d->in++;
		return;
	case '\0':
	case '\f':
	case '\v':
		d->in++;
		return;
	case '=':
		if (d->quoted_printable && decode_quoted(d))
			return;
		break;
	case '[':
	case '^':
	case '\\':
		if (skip_written_escape(d))
			return;
		break;
	case '&':
	case '<':
		if (decode_entity(d))
			return;
		break;
	default:
		if (c >= 0x80) {
			decode_wide(d);
			return;
		}
	}
	*d->out++ = c;
	d->in++;
}

/* Recognises UTF-16, by zeros in every second byte if it has no byte order mark. */
static int utf16_order(const u8 *bytes, size_t size)
{
	size_t n = size < 64 ? size : 64, low = 0, high = 0;

	if (size >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return 1;
	if (size >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
		return -1;
	for (size_t i = 0; i + 1 < n; i += 2) {
		high += !bytes[i + 1] && bytes[i];
		low += !bytes[i] && bytes[i + 1];
	}
	return n >= 8 && high > n / 2 * 9 / 10 ? 1 : n >= 8 && low > n / 2 * 9 / 10 ? -1 : 0;
}

/* Converts to UTF-8 in new memory; leaves escape sequences as they are. */
static u8 *from_utf16(const u8 *bytes, size_t size, int order, size_t *left)
{
	u8 *out = malloc(size / 2 * 3 + 1);
	struct decoder d = { .out = (char *)out, .start = (char *)out };

	for (size_t i = 0; out && i + 1 < size; i += 2) {
		u32 code = order > 0 ? bytes[i] | bytes[i + 1] << 8 : bytes[i] << 8 | bytes[i + 1];
		u32 next = i + 3 >= size ? 0
			   : order > 0   ? bytes[i + 2] | bytes[i + 3] << 8
					 : bytes[i + 2] << 8 | bytes[i + 3];

		if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			code = 0x10000 + ((code & 0x3ff) << 10 | (next & 0x3ff));
			i += 2;
		}
		put(&d, code);
	}
	*left = out ? d.out - d.start : 0;
	return out;
}

static bool is_quoted_printable(const char *bytes, size_t size)
{
	static const char *const signs[] = { "primary=3D", "[size=3D",
		"Content-Transfer-Encoding: quoted-printable" };

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(bytes, size, signs[i], strlen(signs[i])))
			return true;
	return false;
}

char *text_decode(const char *bytes, size_t size, size_t *left)
{
	int order = utf16_order((const u8 *)bytes, size);
	u8 *wide = order ? from_utf16((const u8 *)bytes, size, order, &size) : NULL;
	struct decoder d = { .in = wide ? wide : (const u8 *)bytes };

	*left = 0;
	if (order && !wide)
		return NULL;
	d.end = d.in + size;
	/*
	 * Nothing here makes the text longer: even an entity's replacement is shorter than its
	 * name.
	 */
	d.start = d.out = malloc(size + 1);
	if (d.out) {
		d.quoted_printable = is_quoted_printable((const char *)d.in, size);
		while (d.in < d.end)
			decode_one(&d);
		*left = d.out - d.start;
	}
	free(wide);
	return d.start;
}
