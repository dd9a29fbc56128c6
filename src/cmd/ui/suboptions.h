/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "key=value" parts of an option's value, e.g. rom=off in --device 01:00.0,rom=off, as a
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
	/* @value: NULL for a key alone. Lives as long as @target and may be cut in place. */
	int (*apply)(void *target, char *value, struct err *err);
	/* The value, raw, or nothing at all where it is the default. */
	void (*print)(const void *target, FILE *out);
};

/*
 * Applies all of @text, which is cut in place. @option: for messages, "--device". A key that
 * @table does not have is refused with the nearest that it has.
 */
int suboptions_apply(const struct suboption *table, const char *option, char *text, void *target,
	struct err *err);

/* ",key=value" for each that is not the default. Returns 0 or -ENOMEM. */
int suboptions_print(const struct suboption *table, const void *target, FILE *out);

/* @text as option_next() reads it back: each comma twice. */
void suboption_print_text(const char *text, FILE *out);

#endif
