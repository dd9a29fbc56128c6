/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that read ROMs from text; private to them. */
#ifndef PCI_ROM_TEXT_INTERNAL_H
#define PCI_ROM_TEXT_INTERNAL_H

#include "base/types.h"

/* A piece of text, in 8-bit characters. */
struct text {
	const char *at;
	size_t size;
};

/* The bytes read from it, at most ROM_MAX_SIZE. */
struct bytes_out {
	u8 *bytes;
	size_t size, room;
	bool no_memory;
};

/*
 * The most bytes that a few characters may expand to: repeated lines, or a gap between two records.
 */
#define TEXT_MAX_FILL (16 * MIB)

/* Makes room for @nr more bytes. Returns false if a ROM cannot be so large, or memory runs out. */
bool bytes_make_room(struct bytes_out *out, size_t nr);

/* Adds a byte, or drops it if there is no room. */
void bytes_add(struct bytes_out *out, u8 byte);

/* Takes the next line off @text, without its newline. Returns false at the end. */
bool text_line(struct text *text, struct text *line);

/* The value of a hexadecimal digit, or -1. */
int hex_digit(char c);

/* Each reads one format, and returns whether the text is in that format. */
bool text_read_dump(const struct text *text, struct bytes_out *out);
bool text_read_registry(const struct text *text, struct bytes_out *out);
bool text_read_array(const struct text *text, struct bytes_out *out);
bool text_read_escapes(const struct text *text, struct bytes_out *out);
bool text_read_hex(const struct text *text, struct bytes_out *out);
bool text_read_base64(const struct text *text, struct bytes_out *out);
bool text_read_intel_hex(const struct text *text, struct bytes_out *out);
bool text_read_srecord(const struct text *text, struct bytes_out *out);

#endif
