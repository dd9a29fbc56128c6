// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads lists of IOMMU groups as scripts print them, in upper or lower case: "IOMMU Group 7:" above
 * its devices, "Group 7 - 01:00.0 ..." for each device, "IOMMU group 7:[10de:2482] 01:00.0 ...",
 * and bare addresses.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "host/scan/text/split.h"

bool text_hex16(struct span text, u16 *value)
{
	u64 number;

	span_skip(&text, "0x");
	if (text.len != 4 || span_number(text, 16, 4, &number) != 4)
		return false;
	*value = number;
	return true;
}

static struct span skip_any(struct span s, const char *chars)
{
	while (s.len && strchr(chars, s.at[0]))
		s = span_from(s, 1);
	return s;
}

/* Reads "IOMMU Group 7", "group: 7" or "IOMMU_GROUP=7"; @rest is what follows. */
static bool group_words(struct span s, u64 *number, struct span *rest, bool *with_iommu)
{
	unsigned n;

	s = skip_any(s, " \t[(<*#=-_");
	*with_iommu = span_starts_word(s, "iommu");
	if (*with_iommu)
		s = skip_any(span_from(s, 5), " _-");
	if (!span_starts_word(s, "group"))
		return false;
	s = skip_any(span_from(s, 5), " \t:#=_-*[(\"'");
	n = span_number(s, 10, 6, number);
	if (!n || (n < s.len && isalnum((u8)s.at[n])))
		return false;
	*rest = skip_any(span_from(s, n), " \t:])>*=#-_\"'");
	/* An id in brackets belongs to the device. */
	while (rest->at > s.at + n && rest->at[-1] == '[')
		*rest = (struct span){ rest->at - 1, rest->len + 1 };
	return true;
}

int groups_in_lead(struct span lead)
{
	struct span rest;
	u64 number;
	bool iommu;

	for (size_t i = 0; i + 6 < lead.len; i++) {
		struct span at = span_from(lead, i);

		if (span_starts_word(at, "group") && group_words(at, &number, &rest, &iommu))
			return number;
	}
	return HOST_NONE;
}

/* Whether the line has only addresses; each is added to the group. */
static bool bare_addresses(struct splitter *s, struct span line, unsigned group, bool take)
{
	unsigned count = 0;

	for (size_t at = 0; at < line.len;) {
		struct pci_addr addr;
		size_t len, next = text_find_addr(line, at, &addr, &len);

		for (; at < next && at < line.len; at++)
			if (!strchr(" \t,;|*\"'()-", line.at[at]))
				return false;
		if (!len)
			break;
		count++;
		at = next + len;
		if (take)
			split_group(s, addr, group);
	}
	return count > 0;
}

static void open_heading(struct splitter *s, unsigned group)
{
	split_end_record(s);
	split_listing(s, s->path_groups ? LISTING_PATHS : LISTING_GROUPS);
	s->heading = group;
	s->heading_indent = ~0u;
	s->heading_line = s->line.indent;
	s->heading_least = 0;
	s->heading_devices = 0;
	s->heading_bare = false;
	s->blank = false;
}

void groups_open(struct splitter *s, unsigned group, bool path)
{
	bool grouped = s->listing != HOST_NONE &&
		       (s->reading->listings[s->listing].kind == LISTING_GROUPS ||
			       s->reading->listings[s->listing].kind == LISTING_PATHS);

	if (!grouped || path != s->path_groups)
		split_end_listing(s);
	s->path_groups = path;
	open_heading(s, group);
}

static bool is_comment(struct span rest)
{
	return !rest.len || rest.at[0] == '(' || span_starts_word(rest, "device") ||
	       span_starts_word(rest, "contains") || span_starts_word(rest, "with");
}

/* Reads a line with a group and a device; indented devices below belong to the same group. */
static bool take_inline(struct splitter *s, struct span rest, unsigned group)
{
	struct lspci_head head;
	struct span lead;

	if (!split_find_head(s, rest, &head, &lead) || head.class < 0)
		return false;
	split_begin(s, &head, group);
	s->heading = group;
	s->heading_line = s->line.indent;
	s->heading_least = s->line.indent + 1;
	s->heading_indent = ~0u;
	s->heading_bare = false;
	return true;
}

/* "0000:01:00.0: IOMMU group 14" */
static bool take_reverse(struct splitter *s, struct span line)
{
	struct pci_addr addr;
	size_t len, at = text_find_addr(line, 0, &addr, &len);
	struct span rest, end;
	bool iommu;
	u64 group;

	if (!len || at > 8)
		return false;
	rest = skip_any(span_from(line, at + len), " \t:=->,");
	if (span_starts_word(rest, "in "))
		rest = span_from(rest, 3);
	if (!group_words(rest, &group, &end, &iommu) || end.len)
		return false;
	split_end_record(s);
	split_listing(s, LISTING_GROUPS);
	split_group(s, addr, group);
	return true;
}

enum took groups_line(struct splitter *s, struct span line)
{
	struct span rest;
	bool iommu;
	u64 group;

	if (s->heading != HOST_NONE && bare_addresses(s, line, 0, false)) {
		split_end_record(s);
		split_listing(s, s->path_groups ? LISTING_PATHS : LISTING_GROUPS);
		bare_addresses(s, line, s->heading, true);
		s->heading_bare = true;
		return TOOK_IT;
	}
	if (!group_words(line, &group, &rest, &iommu))
		return take_reverse(s, line) ? TOOK_IT : TOOK_NOT;
	if (take_inline(s, rest, group))
		return TOOK_IT;
	if (bare_addresses(s, rest, group, false)) {
		groups_open(s, group, false);
		bare_addresses(s, rest, group, true);
		return TOOK_IT;
	}
	if (!is_comment(rest) && !(iommu && rest.len < 40 && s->line.text.len < 60))
		return TOOK_NOT;
	groups_open(s, group, false);
	return TOOK_IT;
}
