/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text as people paste it, one line at a time: whatever its encoding, without colours, quote
 * marks, bullets, the signs of a diff and line numbers. Takes hostile text; linear in its size.
 *
 * A struct text is the caller's, who ends it with text_close(); lines point into it.
 */
#ifndef HOST_SCAN_TEXT_TEXT_H
#define HOST_SCAN_TEXT_TEXT_H

#include "host/scan/lspci.h"

struct text {
	char *bytes; /* UTF-8 with '\n' only */
	size_t size, at;
	unsigned number;    /* of the last line */
	bool is_diff;       /* it has the "@@" of a unified diff */
	bool double_spaced; /* every other line is empty: none of these means anything */
	char delimiter;     /* behind the line numbers; 0: there are none */
	u64 next_number;    /* that the next numbered line has */
};

struct text_line {
	struct span text; /* what is left, trimmed */
	struct span raw;  /* with blanks and marks, but no quote marks */
	unsigned number;
	unsigned indent; /* columns before it, behind the quote marks */
	bool removed;    /* a diff takes it away */
};

/* @bytes in UTF-8 or UTF-16 of either order. Returns 0 or -ENOMEM. */
int text_open(struct text *text, const char *bytes, size_t size);
/* False at the end. Empty lines come too, but not those of a text that is double-spaced. */
bool text_next(struct text *text, struct text_line *line);
/* Safe on a zeroed one. */
void text_close(struct text *text);

/* The encoding and the terminal's escapes (text_decode.c). @size: gets what it leaves. NULL:
 * memory. */
char *text_decode(const char *bytes, size_t size, size_t *left);

/*
 * The first PCI address at or behind @from in @line, as a word of its own. Returns where it
 * begins; @len: how long it is, 0 where there is none. A number of fewer than four digits before
 * it is a line number, not a domain.
 */
size_t text_find_addr(struct span line, size_t from, struct pci_addr *addr, size_t *len);

/* Compares without regard to case. */
bool span_starts_word(struct span s, const char *word);
struct span span_from(struct span s, size_t n);
bool span_equals(struct span s, const char *text);

#endif
