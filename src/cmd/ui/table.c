// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define MAX_COLUMNS 16
#define GAP         2
#define LEAST       10 /* width left to a column that should stay whole, if all else is cut */

struct cell {
	size_t at; /* into text */
	unsigned width;
	enum style style;
};

struct table {
	const struct table_column *columns;
	unsigned count;
	bool hidden[MAX_COLUMNS];
	struct cell *cell;
	size_t cells;
	char *text;
	size_t used;
};

struct table *table_new(const struct table_column *columns, unsigned count)
{
	struct table *table = count <= MAX_COLUMNS ? calloc(1, sizeof(*table)) : NULL;

	if (table) {
		table->columns = columns;
		table->count = count;
	}
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	free(table->cell);
	free(table->text);
	free(table);
}

void table_hide(struct table *table, unsigned column)
{
	table->hidden[column] = true;
}

void table_text(struct table *table, enum style style, const char *text)
{
	size_t len = strlen(text) + 1;

	if (array_room(table->cell, table->cells, 1) || array_room(table->text, table->used, len))
		return;
	memcpy(table->text + table->used, text, len);
	table->cell[table->cells++] = (struct cell){ table->used, term_width_of(text), style };
	table->used += len;
}

void table_cell(struct table *table, enum style style, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	table_text(table, style, text);
}

struct layout {
	unsigned width[MAX_COLUMNS]; /* 0: left out */
	unsigned total;
};

static void sum_up(const struct table *table, struct layout *layout)
{
	layout->total = 0;
	for (unsigned c = 0; c < table->count; c++)
		if (layout->width[c])
			layout->total += layout->width[c] + (layout->total ? GAP : 0);
}

/* The width below which a column is never cut. */
static unsigned least_of(const struct table *table, unsigned column, bool any)
{
	unsigned least = table->columns[column].least;

	return least ? least : any && column && !table->columns[column].right ? LEAST : ~0u;
}

/*
 * Cuts the widest column that may be cut by as much as needed. @any: also columns that should stay
 * whole, except numbers and the first column.
 */
static bool cut_one(const struct table *table, struct layout *layout, unsigned term, bool any)
{
	unsigned widest = table->count, slack, over = layout->total - term;

	for (unsigned c = 0; c < table->count; c++) {
		if (layout->width[c] <= least_of(table, c, any))
			continue;
		if (widest == table->count || layout->width[c] > layout->width[widest])
			widest = c;
	}
	if (widest == table->count)
		return false;
	slack = layout->width[widest] - least_of(table, widest, any);
	layout->width[widest] -= over < slack ? over : slack;
	return true;
}

static bool leave_one(const struct table *table, struct layout *layout)
{
	unsigned first = table->count;

	for (unsigned c = 0; c < table->count; c++)
		if (layout->width[c] && table->columns[c].leave &&
			(first == table->count ||
				table->columns[c].leave > table->columns[first].leave))
			first = c;
	if (first == table->count)
		return false;
	layout->width[first] = 0;
	return true;
}

/* Leaves out the column before the last one, but never the first, which names the row. */
static bool leave_inner(struct layout *layout, unsigned nr_columns)
{
	unsigned inner = 0, last = 0;

	for (unsigned c = 0; c < nr_columns; c++)
		if (layout->width[c]) {
			inner = last;
			last = c;
		}
	layout->width[inner] = inner ? 0 : layout->width[inner];
	return inner;
}

static struct layout lay_out(const struct table *table, unsigned term)
{
	struct layout full = { 0 }, layout;

	for (unsigned c = 0; c < table->count; c++) {
		if (table->hidden[c])
			continue;
		full.width[c] = term_width_of(table->columns[c].title);
		for (size_t i = c; i < table->cells; i += table->count)
			if (table->cell[i].width > full.width[c])
				full.width[c] = table->cell[i].width;
	}
	for (;;) {
		layout = full;
		sum_up(table, &layout);
		while (term && layout.total > term && cut_one(table, &layout, term, false))
			sum_up(table, &layout);
		if (!term || layout.total <= term || !leave_one(table, &full))
			break;
	}
	for (;;) {
		while (term && layout.total > term && cut_one(table, &layout, term, true))
			sum_up(table, &layout);
		if (!term || layout.total <= term || !leave_inner(&full, table->count))
			break;
		layout = full;
		sum_up(table, &layout);
	}
	return layout;
}

static void print_blanks(const struct term *term, unsigned count)
{
	while (count--)
		putc_unlocked(' ', term->out);
}

static void print_cell(const struct term *term, const char *text, unsigned has, unsigned width,
	bool right, enum style style)
{
	unsigned shown = has < width ? has : width;

	if (right)
		print_blanks(term, width - shown);
	if (shown == has && style == PLAIN)
		fputs(text, term->out);
	else
		term_cut(term, style, text, shown);
	if (!right)
		print_blanks(term, width - shown);
}

static bool has_titles(const struct table *table)
{
	for (unsigned c = 0; c < table->count; c++)
		if (table->columns[c].title[0])
			return true;
	return false;
}

/* @row: NULL for the titles. */
static void print_row(const struct table *table, const struct term *term,
	const struct layout *layout, const struct cell *row)
{
	unsigned last = 0;

	/* Print no blanks at the end of a line. */
	for (unsigned c = 0; c < table->count; c++)
		if (layout->width[c] && (!row || row[c].width))
			last = c;
	for (unsigned c = 0; c <= last; c++) {
		const struct table_column *column = &table->columns[c];
		const char *text = row ? table->text + row[c].at : column->title;
		unsigned has = row ? row[c].width : term_width_of(text);
		unsigned width = layout->width[c];

		if (!width)
			continue;
		if (c == last && !column->right && has < width)
			width = has;
		print_cell(term, text, has, width, column->right, row ? row[c].style : FAINT);
		if (c != last)
			print_blanks(term, GAP);
	}
	fputc('\n', term->out);
}

void table_print(const struct table *table, const struct term *term)
{
	struct layout layout = lay_out(table, term->width);

	if (has_titles(table))
		print_row(table, term, &layout, NULL);
	for (size_t i = 0; i + table->count <= table->cells; i += table->count)
		print_row(table, term, &layout, &table->cell[i]);
}
