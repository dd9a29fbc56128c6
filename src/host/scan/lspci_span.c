// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <string.h>

#include "host/scan/lspci.h"

bool span_starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && !memcmp(s.at, prefix, n);
}

bool span_skip(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!span_starts(*s, prefix))
		return false;
	s->at += n;
	s->len -= n;
	return true;
}

struct span span_after(struct span s, const char *needle)
{
	size_t n = strlen(needle);
	const char *hit = s.len ? memmem(s.at, s.len, needle, n) : NULL;

	if (!hit)
		return (struct span){ s.at + s.len, 0 };
	return (struct span){ hit + n, s.len - (hit - s.at) - n };
}

bool span_has(struct span s, const char *needle)
{
	return s.len && memmem(s.at, s.len, needle, strlen(needle));
}

struct span span_trim(struct span s)
{
	while (s.len && isspace((u8)s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && isspace((u8)s.at[s.len - 1]))
		s.len--;
	return s;
}

unsigned span_number(struct span s, unsigned base, unsigned most, u64 *value)
{
	unsigned n = 0;

	*value = 0;
	for (; n < s.len && n < most; n++) {
		u8 c = tolower((u8)s.at[n]);
		unsigned digit = c >= '0' && c <= '9'   ? c - '0'
				 : c >= 'a' && c <= 'f' ? c - 'a' + 10u
							: 99;

		if (digit >= base)
			break;
		*value = *value * base + digit;
	}
	return n;
}
