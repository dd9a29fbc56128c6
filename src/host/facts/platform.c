// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/platform.h"

#include <stdio.h>
#include <string.h>

/* Options are separated by blanks; the kernel treats '-' and '_' in a name alike. */
static bool is_key(const char *text, size_t len, const char *key)
{
	if (len != strlen(key))
		return false;
	for (size_t i = 0; i < len; i++) {
		char a = text[i] == '-' ? '_' : text[i], b = key[i] == '-' ? '_' : key[i];

		if (a != b)
			return false;
	}
	return true;
}

/* The value, of *@len characters, of the next option @key from *@at on; NULL at the end. */
static const char *next_option(const char **at, const char *key, size_t *len)
{
	while (**at) {
		const char *start = *at + strspn(*at, " \t");
		size_t all = strcspn(start, " \t");
		size_t name = strcspn(start, " \t=");

		*at = start + all;
		if (!is_key(start, name, key))
			continue;
		*len = all > name ? all - name - 1 : 0;
		return start + name + (all > name);
	}
	return NULL;
}

bool platform_option(const char *cmdline, const char *key, char *value, size_t size)
{
	const char *found;
	bool any = false;
	size_t len;

	while (cmdline && (found = next_option(&cmdline, key, &len))) {
		snprintf(value, size, "%.*s", (int)len, found);
		any = true;
	}
	return any;
}

bool platform_option_has(const char *cmdline, const char *key, const char *word)
{
	const char *found;
	size_t len;

	while (cmdline && (found = next_option(&cmdline, key, &len))) {
		const char *end = found + len;

		while (found < end) {
			size_t n = strcspn(found, ", \t");

			if (n == strlen(word) && !memcmp(found, word, n))
				return true;
			found += n + 1;
		}
	}
	return false;
}
