// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads hex dumps: rows of an address, groups of digits, and often the same bytes as characters.
 * The row's width is the difference of the first two addresses, so that characters which look like
 * digits are ignored.
 */
#include <ctype.h>
#include <string.h>

#include "pci/rom/text_internal.h"

#define MAX_ROW    256 /* bytes */
#define MAX_GROUP  16  /* bytes */
#define MAX_DIGITS (2 * MAX_GROUP)

enum radix { RADIX_NONE = 0, RADIX_OCTAL = 8, RADIX_DECIMAL = 10, RADIX_HEX = 16 };

/* The layout of a dump. */
struct layout {
	enum radix addresses;
	unsigned row;      /* bytes of a full row; 0: not known */
	unsigned group;    /* bytes of a group, 0: 16-bit octal numbers */
	bool swap;         /* groups are little-endian numbers */
	size_t column_end; /* where the characters begin; 0: not known */
};

struct word {
	const char *at;
	size_t size;
	size_t end; /* the column after it */
};

static bool is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '-';
}

/* The next word of @line from the column *@at on. */
static bool next_word(const struct text *line, size_t *at, struct word *word)
{
	while (*at < line->size && is_gap(line->at[*at]))
		(*at)++;
	*word = (struct word){ .at = line->at + *at };
	while (*at < line->size && !is_gap(line->at[*at])) {
		(*at)++;
		word->size++;
	}
	word->end = *at;
	return word->size;
}

static bool parse(const struct word *word, enum radix radix, u64 *value)
{
	*value = 0;
	if (!word->size || word->size > 16)
		return false;
	for (size_t i = 0; i < word->size; i++) {
		int digit = hex_digit(word->at[i]);

		if (digit < 0 || digit >= (int)radix)
			return false;
		*value = *value * radix + digit;
	}
	return true;
}

/* Removes what people and programs put around an address: 0x, colons, segments. */
static void trim_address(struct word *word)
{
	const char *colon;

	while (word->size && strchr(":|h", word->at[word->size - 1]))
		word->size--;
	if (word->size > 2 && word->at[0] == '0' && (word->at[1] | 0x20) == 'x') {
		word->at += 2;
		word->size -= 2;
	}
	colon = memchr(word->at, ':', word->size);
	if (colon) {
		word->size -= colon + 1 - word->at;
		word->at = colon + 1;
	}
}

/*
 * Whether a word is an address: its length differs from that of the groups after it, or it ends
 * with a colon.
 */
static bool is_address(const struct word *first, const struct word *second)
{
	struct word address = *first;
	u64 value;

	trim_address(&address);
	if (address.size < 2 || !parse(&address, RADIX_HEX, &value))
		return false;
	return address.size < first->size || (address.size > 2 && first->size != second->size);
}

static bool row_address(const struct text *line, enum radix radix, u64 *address, size_t *behind)
{
	struct word first, second;
	size_t at = 0;

	if (!next_word(line, &at, &first))
		return false;
	*behind = at;
	next_word(line, &at, &second);
	if (!is_address(&first, &second))
		return false;
	trim_address(&first);
	return parse(&first, radix, address);
}

/* Reads the bytes of a group, in the order of the text. Returns 0 if it is not a group. */
static unsigned take_group(const struct word *word, const struct layout *layout, u8 *bytes)
{
	struct word group = *word;
	u64 value;

	if (!layout->group) {
		if (group.size != 6 || !parse(&group, RADIX_OCTAL, &value) || value > 0xffff)
			return 0;
		bytes[0] = value;
		bytes[1] = value >> 8;
		return 2;
	}
	if (group.size & 1 || !group.size || group.size > MAX_DIGITS ||
		group.size > 2 * layout->group)
		return 0;
	for (size_t i = 0; i < group.size / 2; i++) {
		int high = hex_digit(group.at[2 * i]), low = hex_digit(group.at[2 * i + 1]);
		size_t to = layout->swap ? group.size / 2 - 1 - i : i;

		if (high < 0 || low < 0)
			return 0;
		bytes[to] = high << 4 | low;
	}
	return group.size / 2;
}

/* Returns the number of bytes in the row, and the column after them. */
static unsigned take_row(const struct text *line, const struct layout *layout, size_t from,
	u8 bytes[MAX_ROW + MAX_GROUP], size_t *end)
{
	unsigned limit = layout->row ? layout->row : MAX_ROW, nr = 0;
	struct text row = *line;
	struct word word;

	if (layout->column_end && layout->column_end < row.size)
		row.size = layout->column_end;
	while (nr < limit && next_word(&row, &from, &word)) {
		unsigned group;

		if (strchr("|>", word.at[0]) && nr)
			break;
		group = take_group(&word, layout, bytes + nr);
		if (!group)
			break;
		nr += group;
		*end = word.end;
	}
	return nr > limit ? limit : nr;
}

/* Whether the row is a ruler of column numbers, which some programs put above a dump. */
static bool is_ruler(const u8 *bytes, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (bytes[i] != i)
			return false;
	return nr >= 8;
}

/* The first row with an address, and the address of the next. */
struct sample {
	struct text line;
	size_t behind; /* the first address */
	struct word first;
	bool has_next;
	struct word next;
};

static bool find_sample(struct text text, struct sample *sample)
{
	struct text line;
	u64 address;
	size_t behind;
	bool found = false;

	while (text_line(&text, &line)) {
		struct word word;
		size_t at = 0;

		if (!row_address(&line, RADIX_HEX, &address, &behind))
			continue;
		next_word(&line, &at, &word);
		trim_address(&word);
		if (found) {
			sample->has_next = true;
			sample->next = word;
			return true;
		}
		found = true;
		*sample = (struct sample){ .line = line, .behind = behind, .first = word };
	}
	return found;
}

static void choose_group(const struct sample *sample, struct layout *layout)
{
	size_t at = sample->behind;
	struct word word;
	u64 value;

	next_word(&sample->line, &at, &word);
	layout->group = word.size / 2;
	/* od without options. */
	if (word.size == 6 && parse(&word, RADIX_OCTAL, &value) && value <= 0xffff)
		layout->group = 0;
}

static bool radix_gives_row(const struct sample *sample, enum radix radix, u64 *row)
{
	u64 first, next;

	if (!parse(&sample->first, radix, &first) || !parse(&sample->next, radix, &next))
		return false;
	*row = next - first;
	return next > first;
}

/*
 * Chooses the radix in which the addresses increase by the number of bytes in a row. Characters
 * after the bytes may look like more of them; then prefer a width that is a multiple of 4.
 */
static void choose_radix(const struct sample *sample, struct layout *layout)
{
	static const enum radix order[] = { RADIX_HEX, RADIX_OCTAL, RADIX_DECIMAL };
	u8 bytes[MAX_ROW + MAX_GROUP];
	size_t end = 0;
	unsigned there = take_row(&sample->line, layout, sample->behind, bytes, &end);
	u64 row;

	layout->addresses = RADIX_HEX;
	for (unsigned exact = 2; sample->has_next && exact--;) {
		for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
			if (!radix_gives_row(sample, order[i], &row))
				continue;
			if (exact ? row != there : row > there || row % 4)
				continue;
			layout->addresses = order[i];
			layout->row = row;
			return;
		}
	}
}

/*
 * Chooses between bytes in the order of the text and little-endian numbers: whichever gives 55 AA
 * at the start.
 */
static void choose_order(const struct sample *sample, struct layout *layout)
{
	u8 bytes[MAX_ROW + MAX_GROUP] = { 0 };
	size_t end = 0;

	if (layout->group < 2)
		return;
	take_row(&sample->line, layout, sample->behind, bytes, &end);
	if (bytes[0] == 0x55 && bytes[1] == 0xaa)
		return;
	layout->swap = true;
	take_row(&sample->line, layout, sample->behind, bytes, &end);
	/* Otherwise assume bytes if rows have xxd's colon, else numbers. */
	layout->swap = (bytes[0] == 0x55 && bytes[1] == 0xaa) ||
		       !memchr(sample->line.at, ':', sample->behind);
}

static bool find_layout(const struct text *text, struct layout *layout)
{
	u8 bytes[MAX_ROW + MAX_GROUP];
	struct sample sample;
	size_t end = 0;

	*layout = (struct layout){ 0 };
	if (!find_sample(*text, &sample))
		return false;
	choose_group(&sample, layout);
	choose_radix(&sample, layout);
	choose_order(&sample, layout);
	if (layout->row &&
		take_row(&sample.line, layout, sample.behind, bytes, &end) == layout->row)
		layout->column_end = end;
	return true;
}

/* Repeats the previous row up to @address, as "*" means. */
static void repeat(struct bytes_out *out, const u8 *row, unsigned nr, u64 address)
{
	if (!nr || address <= out->size || address > TEXT_MAX_FILL ||
		!bytes_make_room(out, address - out->size))
		return;
	for (unsigned i = 0; out->size < address; i = i + 1 == nr ? 0 : i + 1)
		out->bytes[out->size++] = row[i];
}

static bool read_rows(struct text text, const struct layout *layout, struct bytes_out *out)
{
	u8 row[MAX_ROW + MAX_GROUP], last[MAX_ROW + MAX_GROUP];
	unsigned nr_rows = 0, nr_others = 0, nr_last = 0;
	bool starred = false, has_first = false;
	u64 address, first = 0;
	struct text line;

	while (text_line(&text, &line)) {
		size_t behind, end;
		unsigned nr;

		if (line.size && line.at[0] == '*') {
			starred = true;
			continue;
		}
		if (!row_address(&line, layout->addresses, &address, &behind)) {
			nr_others += line.size > 0;
			continue;
		}
		first = has_first ? first : address;
		has_first = true;
		if (starred && address >= first)
			repeat(out, last, nr_last, address - first);
		starred = false;
		nr = take_row(&line, layout, behind, row, &end);
		if (is_ruler(row, nr) && !nr_rows)
			continue;
		for (unsigned i = 0; i < nr; i++)
			bytes_add(out, row[i]);
		memcpy(last, row, nr);
		nr_last = nr ? nr : nr_last;
		nr_rows += nr > 0;
	}
	return nr_rows && nr_others <= nr_rows + 16;
}

bool text_read_dump(const struct text *text, struct bytes_out *out)
{
	struct layout layout;

	return find_layout(text, &layout) && read_rows(*text, &layout, out);
}
