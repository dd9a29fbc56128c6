/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the name that a user may have meant. Pure. */
#ifndef CMD_UI_NEAREST_H
#define CMD_UI_NEAREST_H

/*
 * The name in @table with the smallest edit distance to @word, or NULL if none is near: more than a
 * third of the longer word would have to change. @name_at returns the name with index @i, and NULL
 * after the last one.
 */
const char *nearest_name(
	const char *word, const char *(*name_at)(const void *table, unsigned i), const void *table);

#endif
