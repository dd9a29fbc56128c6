/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "key=value" parts of an option's value, such as rom=off in --device 01:00.0,rom=off, in a
 * table: one row and one small pair of functions for each key. Pure.
 *
 * A comma inside a value is written twice.
 */
#ifndef CMD_UI_SUBOPTIONS_H
#define CMD_UI_SUBOPTIONS_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

struct suboption {
	const char *name; /* NULL ends a table */
	/* @value: NULL for a key alone. It lives as long as @target and may be modified. */
	int (*apply)(void *target, char *value, struct err *err);
	/* Prints the value without quoting its commas, or nothing if it is the default. */
	void (*print)(const void *target, FILE *out);
};

/*
 * Applies all of @text, which is split in place. @option is for messages, such as "--device". The
 * error for a key that @table does not have suggests the nearest one.
 */
int suboptions_apply(const struct suboption *table, const char *option, char *text, void *target,
	struct err *err);

/* Prints ",key=value" for each value that is not the default. Returns 0 or -ENOMEM. */
int suboptions_print(const struct suboption *table, const void *target, FILE *out);

/* Prints @text as option_next() reads it back: each comma twice. */
void suboption_print_text(const char *text, FILE *out);

#endif
