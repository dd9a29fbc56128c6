// SPDX-License-Identifier: GPL-2.0-or-later
/* Joins lines that mail programs have wrapped, if something depends on it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/scan/text/split.h"

/* Limits on a wrapped line: the number of pieces, and its size when joined. */
#define MAX_PIECES 4
#define MAX_JOINED 2048
/* Mail programs wrap at 70 to 80 columns, and earlier with quote marks or on small screens. */
#define WRAP_LEAST 40
#define WRAP_AT    64

/* "Kernel driver in use:", "LnkCap:": words and a colon. */
bool text_is_labelled(struct span line)
{
	size_t n = 0;

	while (n < line.len && n < 32 &&
		(isalnum((u8)line.at[n]) || line.at[n] == ' ' || line.at[n] == '/' ||
			line.at[n] == '_'))
		n++;
	return n > 0 && n < line.len && line.at[n] == ':';
}

/* Whether a line begins as lines of lspci or of a list do, so that it does not continue another. */
static bool begins_line(struct span line)
{
	static const char *const starts[] = { "Memory at ", "I/O ports at ", "Expansion ROM at ",
		"Region ", "Capabilities", "Kernel ", "!!! ", "IOMMU", "Group ", "[ ", "/sys" };
	struct lspci_record none = { 0 };
	struct pci_addr addr;
	size_t len;

	if (text_is_labelled(line) || lspci_hex(&none, line) || line.at[0] == '<' ||
		memchr(line.at, '|', line.len))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (span_starts(line, starts[i]))
			return true;
	text_find_addr(line, 0, &addr, &len);
	return len > 0;
}

/* Whether a line has more opening than closing brackets. */
static bool is_unclosed(struct span line)
{
	int round = 0, square = 0;
	unsigned quotes = 0;

	for (size_t i = 0; i < line.len; i++) {
		round += (line.at[i] == '(') - (line.at[i] == ')');
		square += (line.at[i] == '[') - (line.at[i] == ']');
		quotes += line.at[i] == '"';
	}
	return round > 0 || square > 0 || quotes % 2;
}

/* Whether a line is complete: nothing follows "... [10de:2482]" or "... (rev a1)". */
static bool is_finished(struct span line)
{
	struct span end = line.len > 11 ? span_from(line, line.len - 11) : line;

	if (!line.len)
		return true;
	if (line.at[line.len - 1] == ')')
		return span_has(line, "(rev ") || span_has(line, "(prog-if ");
	return line.at[line.len - 1] == ']' && end.len == 11 && end.at[0] == '[' &&
	       end.at[5] == ':';
}

static bool is_wrapped(const struct splitter *s, struct span line, size_t width)
{
	struct span next = s->next.text;
	size_t word = 0;

	if (!s->has_next || !next.len || s->next.removed || width < WRAP_LEAST)
		return false;
	if (span_starts(line, "Flags:") &&
		(span_starts(next, "IOMMU group ") || span_starts(next, "NUMA node ")))
		return true;
	if (begins_line(next))
		return false;
	if (is_unclosed(line) || line.at[line.len - 1] == ',')
		return true;
	while (word < next.len && next.at[word] != ' ')
		word++;
	return !is_finished(line) && width + 1 + word > WRAP_AT;
}

void split_peek(struct splitter *s)
{
	s->has_next = text_next(&s->text, &s->next);
}

/* Whether a line that continues on the next one has to be joined with it. */
static bool may_be_joined(struct splitter *s, struct span line)
{
	static const char *const starts[] = { "Flags:", "Subsystem:", "Bus:", "Kernel driver",
		"ACSCap:", "ACSCtl:", "LnkCap:", "LnkSta:", "Capabilities:", "IOMMU", "Region ",
		"Memory at ", "Expansion ROM" };
	struct pci_addr addr;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (span_starts(line, starts[i]))
			return true;
	text_find_addr(line, 0, &addr, &len);
	return len > 0;
}

struct span split_join(struct splitter *s)
{
	struct span line = s->line.text;
	size_t width = s->line.raw.at + s->line.raw.len - s->line.raw.at;
	unsigned pieces = 1;

	if (!line.len || line.len > MAX_JOINED / 2 || !may_be_joined(s, line))
		return line;
	while (pieces++ < MAX_PIECES && is_wrapped(s, line, width) &&
		line.len + 1 + s->next.text.len < MAX_JOINED) {
		if (!s->joined)
			s->joined = malloc(MAX_JOINED);
		if (!s->joined) {
			s->ret = -ENOMEM;
			return line;
		}
		memmove(s->joined, line.at, line.len);
		/*
		 * Join with a blank: only paths and hyphenated words are cut elsewhere, and lspci
		 * prints neither.
		 */
		s->joined[line.len] = ' ';
		memcpy(s->joined + line.len + 1, s->next.text.at, s->next.text.len);
		line = (struct span){ s->joined, line.len + 1 + s->next.text.len };
		width = s->next.raw.len;
		s->line.number = s->next.number;
		split_peek(s);
	}
	return line;
}
