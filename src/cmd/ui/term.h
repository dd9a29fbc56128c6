/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an output stream can show: colours and a width on a terminal, neither in a pipe. And the
 * two shapes of text that the commands print there, paragraphs and tables.
 */
#ifndef CMD_UI_TERM_H
#define CMD_UI_TERM_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

struct term {
	FILE *out;
	unsigned width; /* columns; 0 where nothing has to fit */
	bool colour;    /* a terminal, and neither NO_COLOR nor TERM=dumb is set */
	bool utf8;      /* line drawing characters can be shown */
};

struct term term_of(FILE *out);

/*
 * From now on nothing is fitted to a terminal. It is the process's: a command sets it before it
 * prints. A row for a table of options.
 */
int term_apply_wide(void *target, char *value, struct err *err);
#define TERM_OPTION_WIDE                                                                         \
	{                                                                                        \
		"wide", 0, OPTION_FLAG, NULL, "neither cut nor break lines to fit the terminal", \
			term_apply_wide                                                          \
	}

enum style { PLAIN, STRONG, FAINT, GOOD, DOUBTFUL, BAD };

/* Prints in a style where there are colours. */
void term_print(const struct term *term, enum style style, const char *fmt, ...) PRINTF(3, 4);

/*
 * Prints a text broken at blanks, each line behind @indent blanks, the first behind @lead
 * ("  1. "). In a pipe it stays one line.
 */
void term_paragraph(const struct term *term, const char *lead, unsigned indent, const char *text);

/* How many columns a text takes; a wide character is two. */
unsigned term_width_of(const char *text);

/* How many bytes of @text fit into @width columns. */
size_t term_bytes_of(const char *text, unsigned width);

/* Prints a text in a style; where it takes more than @width columns, its start and "...". */
void term_cut(const struct term *term, enum style style, const char *text, unsigned width);

/* The columns that are left of a line when @used are; a great many where nothing has to fit. */
unsigned term_left(const struct term *term, unsigned used);

#endif
