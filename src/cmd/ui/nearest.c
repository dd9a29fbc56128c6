// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/nearest.h"

#include <stddef.h>
#include <string.h>

/* No name of ours is longer; a longer word is none of them misspelt. */
#define MAX_WORD 32

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, one row of the matrix at a time. */
static unsigned distance(const char *a, const char *b)
{
	size_t nr = strlen(b);
	unsigned row[MAX_WORD + 1];

	for (size_t j = 0; j <= nr; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < nr; j++) {
			unsigned above = row[j + 1];

			row[j + 1] = min3(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[nr];
}

const char *nearest_name(
	const char *word, const char *(*name_at)(const void *table, unsigned i), const void *table)
{
	const char *best = NULL, *name;
	unsigned least = MAX_WORD;
	size_t len = strlen(word);

	if (len > MAX_WORD)
		return NULL;
	for (unsigned i = 0; (name = name_at(table, i)); i++) {
		size_t longer = strlen(name) > len ? strlen(name) : len;
		unsigned d;

		if (longer > MAX_WORD)
			continue;
		d = distance(word, name);
		if (d < least && 3 * d <= longer) {
			least = d;
			best = name;
		}
	}
	return best;
}
