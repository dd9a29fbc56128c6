/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name that somebody may have meant. Pure. */
#ifndef CMD_UI_NEAREST_H
#define CMD_UI_NEAREST_H

/*
 * The name of @table that takes the fewest edits to become @word, or NULL where none is near:
 * more than a third of the longer word would have to change. @name_at gives the names one by one,
 * and NULL after the last.
 */
const char *nearest_name(
	const char *word, const char *(*name_at)(const void *table, unsigned i), const void *table);

#endif
