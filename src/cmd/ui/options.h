/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of command-line options, as every sub-command reads them. Pure. */
#ifndef CMD_UI_OPTIONS_H
#define CMD_UI_OPTIONS_H

#include "base/err.h"
#include "base/types.h"

/*
 * A number of bytes: digits and K, M, G or T for powers of 1024, "2G", "512M". A plain number
 * counts @unit bytes. -EINVAL for anything else, or more than 2^63.
 */
int option_size(const char *text, u64 unit, u64 *bytes, struct err *err);

/* A decimal number from @min to @max. @what: for the message, "--cpus". */
int option_number(
	const char *what, const char *text, u64 min, u64 max, u64 *value, struct err *err);

/* "on" or "off". */
int option_switch(const char *what, const char *text, bool *value, struct err *err);

/*
 * Takes the next "key=value" or "key" off *@rest, which is cut at commas in place; two
 * commas are one that belongs to the item. @value is NULL without a "=". False at the end.
 */
bool option_next(char **rest, char **key, char **value);

#endif
