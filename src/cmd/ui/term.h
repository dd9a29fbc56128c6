/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an output stream can show: colours and a width on a terminal, neither in a pipe. And the
 * two shapes of text that the commands print there, paragraphs and tables.
 */
#ifndef CMD_UI_TERM_H
#define CMD_UI_TERM_H

#include <stdio.h>

#include "base/types.h"

struct term {
	FILE *out;
	unsigned width; /* columns; 0 where nothing has to fit */
	bool colour;    /* a terminal, and neither NO_COLOR nor TERM=dumb is set */
	bool utf8;      /* line drawing characters can be shown */
};

struct term term_of(FILE *out);

enum style { PLAIN, STRONG, FAINT, GOOD, DOUBTFUL, BAD };

/* Prints in a style where there are colours. */
void term_print(const struct term *term, enum style style, const char *fmt, ...) PRINTF(3, 4);

/*
 * Prints a text broken at blanks, each line behind @indent blanks, the first behind @lead
 * ("  1. "). In a pipe it stays one line.
 */
void term_paragraph(const struct term *term, const char *lead, unsigned indent, const char *text);

/* How many columns a text takes. */
unsigned term_width_of(const char *text);

#endif
