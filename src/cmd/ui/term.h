/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an output stream can show: a terminal has colours and a width, a pipe has neither. Also
 * prints styled text and paragraphs.
 */
#ifndef CMD_UI_TERM_H
#define CMD_UI_TERM_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

struct term {
	FILE *out;
	unsigned width; /* columns; 0: unlimited */
	bool colour;    /* a terminal, and neither NO_COLOR nor TERM=dumb is set */
	bool utf8;      /* line drawing characters can be shown */
};

struct term term_of(FILE *out);

/*
 * Stops fitting output to the terminal, for the whole process; a command calls it before it prints.
 * TERM_OPTION_WIDE is its row for a table of options.
 */
int term_apply_wide(void *target, char *value, struct err *err);
#define TERM_OPTION_WIDE                                                                         \
	{                                                                                        \
		"wide", 0, OPTION_FLAG, NULL, "neither cut nor break lines to fit the terminal", \
			term_apply_wide                                                          \
	}

enum style { PLAIN, STRONG, FAINT, GOOD, DOUBTFUL, BAD };

/* Prints in a style if the stream has colours. */
void term_print(const struct term *term, enum style style, const char *fmt, ...) PRINTF(3, 4);

/*
 * Prints a text, broken at blanks. The first line starts with @lead (such as "  1. "), the others
 * with @indent blanks. In a pipe the text stays on one line.
 */
void term_paragraph(const struct term *term, const char *lead, unsigned indent, const char *text);

/* The number of columns that a text takes; a wide character takes two. */
unsigned term_width_of(const char *text);

/* The number of bytes of @text that fit into @width columns. */
size_t term_bytes_of(const char *text, unsigned width);

/* Prints a text in a style. If it takes more than @width columns, prints its start and "...". */
void term_cut(const struct term *term, enum style style, const char *text, unsigned width);

/*
 * The columns that are left on a line after @used; a very large number if the width is unlimited.
 */
unsigned term_left(const struct term *term, unsigned used);

#endif
