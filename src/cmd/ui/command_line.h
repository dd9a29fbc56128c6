/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses a command line with a table of options. Pure; each caller owns its struct command_line.
 *
 * Options and operands may be in any order; everything after "--" is an operand. A value follows
 * its option as "--name VALUE", "--name=VALUE", "-n VALUE" or "-nVALUE"; letters without a value
 * may be combined in one word. A name must be written in full.
 */
#ifndef CMD_UI_COMMAND_LINE_H
#define CMD_UI_COMMAND_LINE_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

enum option_kind {
	OPTION_VALUE,  /* takes an argument; the last one given counts */
	OPTION_LIST,   /* takes an argument; each one given adds to the list */
	OPTION_SWITCH, /* takes on, off, or nothing, which means on; the last one given counts */
	OPTION_FLAG,   /* on the command line only, without an argument */
};

/*
 * One option. The help, the check of the manual and the completions use its row.
 *
 * @argument says what completes the value: FILE, DIR, ADDRESS (of a PCI device), MACHINE (a
 * machine's name), PID (of a machine), COMMAND; words separated by bars ("auto|none|uefi") are
 * completed themselves. Anything from "[" or "," on is ignored for this.
 */
struct cmd_option {
	const char *name; /* "memory": --memory. NULL ends a table. */
	char letter;      /* the short form, or 0 */
	enum option_kind kind;
	const char *argument; /* NULL for a switch and a flag */
	const char *help;     /* lines of at most 70 columns */
	/*
	 * Applies a value, which is NULL without an argument. The value lives as long as @target
	 * and may be modified. @target is the command's arguments plus @field. Without an apply
	 * function, the value (const char *) or the flag (bool) is stored at @target.
	 */
	int (*apply)(void *target, char *value, struct err *err);
	/*
	 * Only for `tenon run`: prints the @n-th value as apply() takes it and returns true.
	 * Returns false if there is no such value, or if the value is the default. @n is 0 except
	 * for an OPTION_LIST.
	 */
	bool (*print)(const void *target, unsigned n, FILE *out);
	size_t field;
};

/* The offset of a flag or a string in a command's arguments; the compiler checks the type. */
#define OPTION_FIELD_OF(type, member, what) \
	(offsetof(type, member) + 0 * sizeof(_Generic(((type *)0)->member, what : 0)))
#define FLAG_FIELD(type, member) OPTION_FIELD_OF(type, member, bool)
#define TEXT_FIELD(type, member) OPTION_FIELD_OF(type, member, const char *)

/* -h and --help, which every command has in addition to its table. */
extern const struct cmd_option option_help;

struct given_option {
	const struct cmd_option *option;
	char *value; /* NULL: no value */
};

struct command_line {
	struct given_option *given;
	unsigned nr_given;
	char **operands; /* end with NULL */
	unsigned nr_operands;
};

/*
 * Parses argv[1] and the following words. The caller keeps owning the strings. Returns 0 or -errno;
 * the error for an unknown option suggests the nearest one. Call command_line_close() in both
 * cases.
 */
int command_line_read(struct command_line *line, const struct cmd_option *table, int argc,
	char **argv, struct err *err);
void command_line_close(struct command_line *line);

/* Whether an option of this name was given. */
bool command_line_has(const struct command_line *line, const char *name);

/* The option of this name, or NULL with @err set. @dashes: for the message, "--" or "". */
const struct cmd_option *option_find(
	const struct cmd_option *table, const char *name, const char *dashes, struct err *err);

/* Applies @value to @option. Refuses an empty name of a file, a directory or an object. */
int option_apply(const struct cmd_option *option, void *target, char *value, struct err *err);

/*
 * Checks the number of operands. @usage is the text of the help, with one form on each line:
 * "ADDRESS...", "[PID]", "FORMAT ADDRESS..."; NULL: no operands are allowed.
 */
int operands_check(const char *usage, const struct command_line *line, struct err *err);

/* Prints the options as lines of a help text. */
void options_help(const struct cmd_option *table, FILE *out);

#endif
