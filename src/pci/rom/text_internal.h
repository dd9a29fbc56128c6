/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of text forms share. Not for others. */
#ifndef PCI_ROM_TEXT_INTERNAL_H
#define PCI_ROM_TEXT_INTERNAL_H

#include "base/types.h"

/* The text, in 8-bit characters. */
struct text {
	const char *at;
	size_t size;
};

/* What was read of it, at most as much as a ROM can have. */
struct bytes_out {
	u8 *bytes;
	size_t size, room;
	bool no_memory;
};

/* What a few characters may stand for: lines that repeat, or a gap between two records. */
#define TEXT_MAX_FILL (16 * MIB)

/* Room for @nr more bytes behind those that are there. False: more than a ROM, or no memory. */
bool bytes_make_room(struct bytes_out *out, size_t nr);

/* Adds a byte; what there is no room for is dropped. */
void bytes_add(struct bytes_out *out, u8 byte);

/* Takes the next line off @text, without its end. False at the end. */
bool text_line(struct text *text, struct text *line);

/* The value of a hexadecimal digit, or -1. */
int hex_digit(char c);

/* Each reads one form and tells whether the text is of it. */
bool text_read_dump(const struct text *text, struct bytes_out *out);
bool text_read_registry(const struct text *text, struct bytes_out *out);
bool text_read_array(const struct text *text, struct bytes_out *out);
bool text_read_escapes(const struct text *text, struct bytes_out *out);
bool text_read_hex(const struct text *text, struct bytes_out *out);
bool text_read_base64(const struct text *text, struct bytes_out *out);
bool text_read_intel_hex(const struct text *text, struct bytes_out *out);
bool text_read_srecord(const struct text *text, struct bytes_out *out);

#endif
