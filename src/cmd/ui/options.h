/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of command-line options, as every sub-command reads them. Pure. */
#ifndef CMD_UI_OPTIONS_H
#define CMD_UI_OPTIONS_H

#include "base/err.h"
#include "base/types.h"

/*
 * Parses a number of bytes: digits and K, M, G or T for powers of 1024, as in "2G" or "512M". A
 * plain number counts units of @unit bytes. Returns -EINVAL for other text, or for more than 2^63.
 */
int option_size(const char *text, u64 unit, u64 *bytes, struct err *err);

/* Parses a decimal number from @min to @max. @what is for the message, such as "--cpus". */
int option_number(
	const char *what, const char *text, u64 min, u64 max, u64 *value, struct err *err);

/* Parses "on" or "off". */
int option_switch(const char *what, const char *text, bool *value, struct err *err);

/*
 * Takes the next "key=value" or "key" from *@rest, which is split at commas in place; two commas
 * stand for one that belongs to the item. @value is NULL without a "=". Returns false at the end.
 */
bool option_next(char **rest, char **key, char **value);

#endif
