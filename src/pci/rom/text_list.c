// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads lists of numbers: arrays, strings with escapes, registry values, plain hex. */
#include <ctype.h>
#include <string.h>

#include "pci/rom/text_internal.h"

/* Limits that keep the work linear, whatever the text. */
#define MAX_COMMENT 4096
#define MAX_CAST    32
#define MAX_TRIES   4096 /* brackets to try before the one that begins a list of numbers */

static bool starts(const struct text *text, size_t at, const char *word)
{
	size_t length = strlen(word);

	return at + length <= text->size && !strncasecmp(text->at + at, word, length);
}

static const char *find(const struct text *text, const char *word)
{
	return memmem(text->at, text->size, word, strlen(word));
}

/* Adds a number in little-endian order, as arrays of 16- or 32-bit numbers are stored. */
static void add_number(struct bytes_out *out, u64 value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		bytes_add(out, value >> 8 * i);
}

/* The end of a comment that begins at @at; @at if none begins there. */
static size_t skip_comment(const struct text *text, size_t at)
{
	const char *end;

	size_t room = text->size - at < MAX_COMMENT ? text->size - at : MAX_COMMENT;

	if (starts(text, at, "/*")) {
		end = memmem(text->at + at + 2, room - 2, "*/", 2);
		return end ? (size_t)(end - text->at) + 2 : at;
	}
	if (starts(text, at, "//")) {
		end = memchr(text->at + at, '\n', room);
		return end ? (size_t)(end - text->at) : at;
	}
	return at;
}

/* The end of a cast such as "(byte)" that begins at @at; @at if none begins there. */
static size_t skip_cast(const struct text *text, size_t at)
{
	size_t room = text->size - at < MAX_CAST ? text->size - at : MAX_CAST;
	const char *end = text->at[at] == '(' ? memchr(text->at + at, ')', room) : NULL;

	return end ? (size_t)(end - text->at) + 1 : at;
}

struct number {
	u64 value;
	unsigned digits;
	bool is_hex;
};

/* Takes a number with its suffix at *@at. Returns false if there is none or it is too long. */
static bool take_number(const struct text *text, size_t *at, struct number *number)
{
	int digit;

	*number = (struct number){ .is_hex = starts(text, *at, "0x") || starts(text, *at, "&h") };
	*at += number->is_hex ? 2 : 0;
	while (*at < text->size && (digit = hex_digit(text->at[*at])) >= 0) {
		if (!number->is_hex && digit > 9)
			break;
		number->value = number->value * (number->is_hex ? 16 : 10) + digit;
		number->digits++;
		(*at)++;
		if (number->digits > 16)
			return false;
	}
	while (*at < text->size && strchr("uUlL", text->at[*at]) && text->at[*at])
		(*at)++;
	return number->digits;
}

/*
 * Takes the numbers from @at to the end of the list. Returns false if the list has anything else.
 */
static bool take_list(const struct text *text, size_t at, struct bytes_out *out)
{
	struct number number;
	unsigned size = 0;

	while (at < text->size) {
		char c = text->at[at];
		size_t behind = skip_comment(text, at);

		if (behind == at)
			behind = skip_cast(text, at);
		if (behind > at) {
			at = behind;
		} else if (isspace((unsigned char)c) || strchr(",_;", c)) {
			at++;
		} else if (strchr("}])", c)) {
			return size;
		} else if (take_number(text, &at, &number)) {
			if (!size)
				size = number.is_hex && number.digits > 2 ? (number.digits + 1) / 2
									  : 1;
			if (size > 8 || (size == 1 && number.value > 255))
				return false;
			add_number(out, number.value, size);
		} else {
			return false;
		}
	}
	return size;
}

bool text_read_array(const struct text *text, struct bytes_out *out)
{
	unsigned tries = 0;

	/*
	 * Take the first list of some length after a bracket, or the whole text if it has no
	 * brackets.
	 */
	for (size_t at = 0; at < text->size && tries < MAX_TRIES; at++) {
		if (!text->at[at] || !strchr("{[(", text->at[at]))
			continue;
		tries++;
		out->size = 0;
		if (take_list(text, at + 1, out) && out->size >= 16)
			return true;
	}
	out->size = 0;
	return (find(text, "0x") || find(text, ",")) && take_list(text, 0, out);
}

bool text_read_escapes(const struct text *text, struct bytes_out *out)
{
	if (!find(text, "\\x"))
		return false;
	for (size_t at = 0; at + 3 < text->size; at++) {
		int high, low;

		if (text->at[at] != '\\' || text->at[at + 1] != 'x')
			continue;
		high = hex_digit(text->at[at + 2]);
		low = hex_digit(text->at[at + 3]);
		if (high < 0 || low < 0)
			return false;
		bytes_add(out, high << 4 | low);
		at += 3;
	}
	return out->size;
}

/* Takes "55,aa,80,\" over several lines from @at on. Returns the end. */
static size_t take_registry_value(const struct text *text, size_t at, struct bytes_out *out)
{
	while (at < text->size) {
		char c = text->at[at];
		int high = hex_digit(c),
		    low = at + 1 < text->size ? hex_digit(text->at[at + 1]) : -1;

		if (high >= 0 && low >= 0) {
			bytes_add(out, high << 4 | low);
			at += 2;
		} else if (c == '\\') {
			/* The value continues on the next line, which is indented. */
			while (at < text->size && text->at[at] != '\n')
				at++;
			while (at < text->size && isspace((unsigned char)text->at[at]))
				at++;
		} else if (c == ',' || c == ' ') {
			at++;
		} else {
			break;
		}
	}
	return at;
}

/* Takes the longest binary value as the ROM. */
bool text_read_registry(const struct text *text, struct bytes_out *out)
{
	size_t best_at = 0, best_size = 0;

	if (!find(text, "Windows Registry Editor") && !find(text, "REGEDIT4") &&
		!find(text, "=hex"))
		return false;
	for (size_t at = 0; at + 5 < text->size; at++) {
		size_t from;

		if (!starts(text, at, "=hex"))
			continue;
		for (from = at + 4;
			from < text->size && strchr("()0123456789abcdef", text->at[from]);)
			from++;
		if (from == text->size || text->at[from] != ':')
			continue;
		out->size = 0;
		at = take_registry_value(text, from + 1, out);
		if (out->size > best_size) {
			best_size = out->size;
			best_at = from + 1;
		}
	}
	out->size = 0;
	if (best_size)
		take_registry_value(text, best_at, out);
	return best_size;
}

bool text_read_hex(const struct text *text, struct bytes_out *out)
{
	int high = -1;

	for (size_t at = 0; at < text->size; at++) {
		char c = text->at[at];
		int digit = hex_digit(c);

		if (isspace((unsigned char)c) || strchr(":,-", c))
			continue;
		if (digit < 0)
			return false;
		if (high < 0) {
			high = digit;
		} else {
			bytes_add(out, high << 4 | digit);
			high = -1;
		}
	}
	return high < 0;
}
