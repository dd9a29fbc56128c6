/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a text as people paste it, one line at a time: converts its encoding and removes colours,
 * quote marks, bullets, diff markers and line numbers. Handles hostile text in time linear in its
 * size.
 *
 * The caller owns a struct text and frees it with text_close(); lines point into it.
 */
#ifndef HOST_SCAN_TEXT_TEXT_H
#define HOST_SCAN_TEXT_TEXT_H

#include "host/scan/lspci.h"

struct text {
	char *bytes; /* UTF-8 with '\n' only */
	size_t size, at;
	unsigned number;    /* of the last line */
	bool is_diff;       /* it has the "@@" of a unified diff */
	bool double_spaced; /* every other line is empty: ignore empty lines */
	char delimiter;     /* the character after line numbers; 0: there are none */
	u64 next_number;    /* the number that the next line should have */
};

struct text_line {
	struct span text; /* what is left, trimmed */
	struct span raw;  /* with blanks and markers, but without quote marks */
	unsigned number;
	unsigned indent; /* columns before the text, after the quote marks */
	bool removed;    /* a diff removes this line */
};

/* @bytes in UTF-8 or UTF-16 of either order. Returns 0 or -ENOMEM. */
int text_open(struct text *text, const char *bytes, size_t size);
/*
 * Reads the next line; returns false at the end. Returns empty lines, too, unless the text is
 * double-spaced.
 */
bool text_next(struct text *text, struct text_line *line);
/* May be called on a zeroed struct. */
void text_close(struct text *text);

/*
 * Converts the encoding and removes terminal escapes (text_decode.c). *@left: the size of the
 * result. Returns NULL when memory runs out.
 */
char *text_decode(const char *bytes, size_t size, size_t *left);

/*
 * Finds the first PCI address at @from or later in @line that is a word of its own. Returns its
 * offset; @len: its length, 0 if there is none. A number of fewer than four digits before it is a
 * line number, not a domain.
 */
size_t text_find_addr(struct span line, size_t from, struct pci_addr *addr, size_t *len);

/* Compares without regard to case. */
bool span_starts_word(struct span s, const char *word);
struct span span_from(struct span s, size_t n);
bool span_equals(struct span s, const char *text);

#endif
