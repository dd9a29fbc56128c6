/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table that is fitted to its terminal: first it cuts columns that may be cut, then it leaves out
 * columns that may be left out, then others. The first column, which names the row, stays whole. In
 * a pipe all columns are printed in full. The caller fills the table cell by cell, row by row,
 * prints it and frees it.
 */
#ifndef CMD_UI_TABLE_H
#define CMD_UI_TABLE_H

#include "cmd/ui/term.h"

struct table_column {
	const char *title; /* if all titles are "", no title line is printed */
	bool right;        /* aligned to the right, for numbers */
	unsigned least;    /* the column may be cut to this many characters; 0: never */
	unsigned leave;    /* the column with the highest value is left out first; 0: never */
};

struct table;

/* @columns belongs to the caller and outlives the table. Returns NULL without memory. */
struct table *table_new(const struct table_column *columns, unsigned count);
void table_free(struct table *table);

/*
 * Adds the next cell. If memory runs out, the table is printed without the cells that are missing.
 */
void table_cell(struct table *table, enum style style, const char *fmt, ...) PRINTF(3, 4);
void table_text(struct table *table, enum style style, const char *text);

/* Leaves a column out, even if there is room for it. */
void table_hide(struct table *table, unsigned column);

void table_print(const struct table *table, const struct term *term);

#endif
