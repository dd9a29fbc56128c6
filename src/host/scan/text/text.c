// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/text/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAB 8
/* The most markers before a line: deeper quotes and lists are ignored. */
#define MAX_MARKS 32
/* So many consecutive lines with increasing numbers mean that lines are numbered. */
#define NUMBERED_RUN 3

struct span span_from(struct span s, size_t n)
{
	n = n < s.len ? n : s.len;
	return (struct span){ s.at + n, s.len - n };
}

bool span_equals(struct span s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.at, text, s.len);
}

bool span_starts_word(struct span s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && !strncasecmp(s.at, word, n);
}

/* Whether every second line is empty, as when a web page shows a mail. */
static bool is_double_spaced(const char *at, size_t size)
{
	bool was_empty = true;
	unsigned lines = 0, empty = 0;

	for (const char *end = at + size; at < end;) {
		const char *stop = memchr(at, '\n', end - at);
		struct span line = span_trim((struct span){ at, (stop ? stop : end) - at });

		if (line.len && !was_empty)
			return false;
		lines += line.len > 0;
		empty += !line.len;
		was_empty = !line.len;
		at = (stop ? stop : end) + 1;
	}
	return lines >= 4 && empty + 1 >= lines;
}

int text_open(struct text *text, const char *bytes, size_t size)
{
	*text = (struct text){ 0 };
	text->bytes = text_decode(bytes, size, &text->size);
	if (!text->bytes)
		return -ENOMEM;
	text->is_diff = memmem(text->bytes, text->size, "\n@@ -", 5) != NULL;
	text->double_spaced = is_double_spaced(text->bytes, text->size);
	return 0;
}

void text_close(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

static struct span line_at(const struct text *text, size_t at)
{
	const char *from = text->bytes + at;
	const char *end = memchr(from, '\n', text->size - at);

	return (struct span){ from, (end ? end : text->bytes + text->size) - from };
}

/* Removes quote marks: mail programs put a '>' for each level, some a '|'. */
static struct span unquote(struct span line)
{
	struct span rest = line;

	for (unsigned i = 0; i < MAX_MARKS; i++) {
		while (rest.len && rest.at[0] == ' ')
			rest = span_from(rest, 1);
		if (!rest.len || rest.at[0] != '>')
			return line;
		rest = span_from(rest, 1);
		line = rest;
		if (line.len && line.at[0] == ' ')
			line = span_from(line, 1);
	}
	return line;
}

/* "01:00.0" */
static bool is_address(struct span line)
{
	struct pci_addr addr;
	char text[9] = "";

	memcpy(text, line.at, line.len < 8 ? line.len : 8);
	return pci_addr_scan(text, &addr) == 7;
}

/*
 * Reads a line number, "  12: ", "12|", "12)" or "12<tab>": its length, its value and the character
 * that ends it.
 */
static size_t number_of(struct span line, u64 *number, char *delimiter)
{
	size_t blanks = 0;
	unsigned digits;

	while (blanks < line.len && line.at[blanks] == ' ')
		blanks++;
	digits = span_number(span_from(line, blanks), 10, 7, number);
	if (!digits || is_address(span_from(line, blanks)))
		return 0;
	line = span_from(line, blanks + digits);
	*delimiter = line.len ? line.at[0] : 0;
	if (!line.len)
		return blanks + digits;
	if (*delimiter == ' ') {
		/* "12 | text" */
		if (line.len > 1 && line.at[1] == '|') {
			*delimiter = '|';
			return blanks + digits + 2;
		}
		return blanks + digits + 1;
	}
	return strchr(":|)\t.-", *delimiter) ? blanks + digits + 1 : 0;
}

/* Whether NUMBERED_RUN lines from here on are numbered consecutively. */
static bool begins_numbering(const struct text *text, struct span line, char *delimiter)
{
	size_t at = line.at - text->bytes;
	u64 first = 0, number;
	unsigned run = 0;

	while (run < NUMBERED_RUN && at <= text->size) {
		char d = 0;
		struct span one = unquote(line_at(text, at));
		size_t n = number_of(one, &number, &d);

		if (!n || (run && number != first + run))
			break;
		/* An empty line has only a number and no delimiter. */
		if (d && run && *delimiter && d != *delimiter)
			break;
		if (!run)
			first = number;
		if (d)
			*delimiter = d;
		run++;
		at = one.at + one.len + 1 - text->bytes;
		if (at > text->size)
			break;
	}
	/* A number followed only by a blank may be that of a group. */
	return run == NUMBERED_RUN && *delimiter && (*delimiter != ' ' || first == 1);
}

static struct span without_number(struct text *text, struct span line, struct span whole)
{
	char delimiter = 0;
	u64 number;
	size_t n = number_of(line, &number, &delimiter);

	if (!n) {
		text->delimiter = 0;
		return line;
	}
	if (text->delimiter && number == text->next_number &&
		(!delimiter || delimiter == text->delimiter)) {
		text->next_number = number + 1;
		return span_from(line, n);
	}
	text->delimiter = 0;
	if (!begins_numbering(text, whole, &text->delimiter)) {
		text->delimiter = 0;
		return line;
	}
	text->next_number = number + 1;
	return span_from(line, n);
}

static bool is_word(u8 c)
{
	return isalnum(c) || c >= 0x80;
}

/*
 * The length of a bullet, a list's number, a comment sign or a part of a drawn tree; 0 if there is
 * none.
 */
static size_t mark_of(struct span line)
{
	char c = line.at[0], next = line.len > 1 ? line.at[1] : ' ';
	size_t n = 1;
	u64 number;

	switch (c) {
	case '>':
	case '`':
		return 1;
	case '|':
		return next == ' ' || next == '-' || next == '\t' || line.len == 1 ? 1 : 0;
	case '*':
	case '#':
	case '~':
	case '=':
	case '_':
		while (n < line.len && line.at[n] == c)
			n++;
		return n;
	case '-':
	case '+':
		while (n < line.len && (line.at[n] == '-' || line.at[n] == '+'))
			n++;
		return n == line.len || line.at[n] == ' ' || is_word(line.at[n]) ? n : 0;
	case '/':
		return next == '/' ? 2 : 0;
	case '"':
	case '\'':
		/* Only quotes around the whole line; fields may be quoted, too. */
		return line.len > 2 && line.at[line.len - 1] == c &&
		       !memchr(line.at + 1, c, line.len - 2);
	default:
		n = span_number(line, 10, 3, &number);
		if (n && n + 1 < line.len && (line.at[n] == '.' || line.at[n] == ')') &&
			line.at[n + 1] == ' ')
			return n + 2;
		return 0;
	}
}

static void measure(struct text_line *line)
{
	struct span s = line->text;
	unsigned marks = 0;

	for (;;) {
		size_t n;

		for (; s.len && isspace((u8)s.at[0]); s = span_from(s, 1))
			line->indent += s.at[0] == '\t' ? TAB - line->indent % TAB : 1;
		n = s.len && marks++ < MAX_MARKS ? mark_of(s) : 0;
		if (!n)
			break;
		line->indent += n;
		s = span_from(s, n);
	}
	line->text = span_trim(s);
	if (!marks)
		return;
	/* Remove markers at the line's end that match those before it. */
	while (marks > 1 && line->text.len && strchr("*`\"'|", line->text.at[line->text.len - 1]))
		line->text.len--;
	line->text = span_trim(line->text);
}

bool text_next(struct text *text, struct text_line *line)
{
	do {
		struct span whole, plain;

		if (text->at >= text->size)
			return false;
		whole = line_at(text, text->at);
		text->at += whole.len + 1;
		text->number++;
		*line = (struct text_line){ .number = text->number };
		plain = without_number(text, unquote(whole), whole);
		if (text->is_diff && plain.len && strchr("+- ", plain.at[0])) {
			line->removed = plain.at[0] == '-';
			plain = span_from(plain, 1);
		}
		line->raw = line->text = plain;
		measure(line);
	} while (text->double_spaced && !line->text.len);
	return true;
}

/* The length of the domain before the two digits of the bus in "0000:01:00.0". */
static size_t domain_before(struct span line, size_t bus)
{
	size_t n = 0;

	if (!bus || line.at[bus - 1] != ':')
		return 0;
	while (n < 8 && n + 2 <= bus && isxdigit((u8)line.at[bus - 2 - n]))
		n++;
	return n >= 4 ? n + 1 : 0;
}

size_t text_find_addr(struct span line, size_t from, struct pci_addr *addr, size_t *len)
{
	*len = 0;
	for (size_t at = from; at < line.len;) {
		const char *dot = memchr(line.at + at, '.', line.len - at);
		size_t n = dot ? (size_t)(dot - line.at) : 0;
		size_t start, used;
		char text[24] = "";

		if (!dot)
			return line.len;
		at = n + 1;
		if (n < 5 || n + 1 >= line.len || line.at[n - 3] != ':')
			continue;
		start = n - 5;
		start -= domain_before(line, start);
		if (start < from || (start && is_word(line.at[start - 1])))
			continue;
		memcpy(text, line.at + start, n + 2 - start);
		used = pci_addr_scan(text, addr);
		if (!used || (n + 2 < line.len && is_word(line.at[n + 2])))
			continue;
		*len = used;
		return start;
	}
	return line.len;
}
