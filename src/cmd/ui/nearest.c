// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/nearest.h"

#include <stddef.h>
#include <string.h>

/* No name is longer, so a longer word is not a misspelt name. */
#define MAX_WORD 32

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * The edit distance between @a and @b: the number of letters to delete, insert, change or swap with
 * their neighbour. Only three rows of the matrix are kept.
 */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][MAX_WORD + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	size_t nr = strlen(b);

	for (size_t j = 0; j <= nr; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < nr; j++) {
			row[j + 1] = min3(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] != b[j]));
			if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j] &&
				before[j - 1] + 1 < row[j + 1])
				row[j + 1] = before[j - 1] + 1;
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
