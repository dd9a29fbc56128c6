/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table that fits its terminal: columns that may are cut, then columns that may are left out.
 * In a pipe it has all columns in full. The caller fills it cell by cell, row after row, prints
 * it and frees it.
 */
#ifndef CMD_UI_TABLE_H
#define CMD_UI_TABLE_H

#include "cmd/ui/term.h"

struct table_column {
	const char *title; /* if all are "", there is no line of them */
	bool right;        /* numbers */
	unsigned least;    /* may be cut to this many characters; 0: never */
	unsigned leave;    /* left out first where this is highest; 0: never */
};

struct table;

/* @columns: the caller's, outlives the table. NULL without memory. */
struct table *table_new(const struct table_column *columns, unsigned count);
void table_free(struct table *table);

/* The next cell. Without memory the table prints nothing more than it has. */
void table_cell(struct table *table, enum style style, const char *fmt, ...) PRINTF(3, 4);
void table_text(struct table *table, enum style style, const char *text);

/* Leaves a column out, whatever the room. */
void table_hide(struct table *table, unsigned column);

void table_print(const struct table *table, const struct term *term);

#endif
