/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a command line by a table of options. Pure; each caller owns its own.
 *
 * Options and operands may be in any order; what follows "--" are operands. A value follows its
 * option as "--name VALUE", "--name=VALUE", "-n VALUE" or "-nVALUE"; letters without a value may
 * share one word. A name is written in full.
 */
#ifndef CMD_UI_COMMAND_LINE_H
#define CMD_UI_COMMAND_LINE_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

enum option_kind {
	OPTION_VALUE,  /* takes an argument; the last one counts */
	OPTION_LIST,   /* takes an argument; each one adds */
	OPTION_SWITCH, /* on, off, or nothing, which is on; the last one counts */
	OPTION_FLAG,   /* on the command line only, without an argument */
};

/*
 * One option. The help, the manual's check and the completions are made of its row.
 *
 * @argument says what completes the value: FILE, DIR, ADDRESS (of a PCI device), MACHINE (a
 * machine's name), PID (of a machine), COMMAND; words with bars between them are completed by
 * themselves ("auto|none|uefi"). What follows "[" or "," does not matter to that.
 */
struct cmd_option {
	const char *name; /* "memory": --memory. NULL ends a table. */
	char letter;      /* the short form, or 0 */
	enum option_kind kind;
	const char *argument; /* NULL for a switch and a flag */
	const char *help;     /* lines of at most 70 columns */
	/*
	 * Takes a value; NULL without an argument. It lives as long as @target and may be cut in
	 * place. @target is the command's arguments plus @field. Where the row has no apply
	 * function, the value (const char *) or the flag (bool) is stored there.
	 */
	int (*apply)(void *target, char *value, struct err *err);
	/*
	 * Of `tenon run` alone: prints the @n-th value as apply() takes it and returns true; false
	 * when there is no such value, or none was given that differs from saying nothing. @n is 0
	 * but for an OPTION_LIST.
	 */
	bool (*print)(const void *target, unsigned n, FILE *out);
	size_t field;
};

/* The place of a flag and of a text in a command's arguments; the compiler checks its type. */
#define OPTION_FIELD_OF(type, member, what) \
	(offsetof(type, member) + 0 * sizeof(_Generic(((type *)0)->member, what : 0)))
#define FLAG_FIELD(type, member) OPTION_FIELD_OF(type, member, bool)
#define TEXT_FIELD(type, member) OPTION_FIELD_OF(type, member, const char *)

/* -h and --help, which every command has besides its table. */
extern const struct cmd_option option_help;

struct given_option {
	const struct cmd_option *option;
	char *value; /* NULL without one */
};

struct command_line {
	struct given_option *given;
	unsigned nr_given;
	char **operands; /* end with NULL */
	unsigned nr_operands;
};

/*
 * Sorts argv[1] and what follows. The strings stay the caller's. Returns 0 or -errno; an unknown
 * option is refused with the nearest that there is. command_line_close() in both cases.
 */
int command_line_read(struct command_line *line, const struct cmd_option *table, int argc,
	char **argv, struct err *err);
void command_line_close(struct command_line *line);

/* Whether an option of this name was given. */
bool command_line_has(const struct command_line *line, const char *name);

/* The option of this name, or NULL with @err set. @dashes: for the message, "--" or "". */
const struct cmd_option *option_find(
	const struct cmd_option *table, const char *name, const char *dashes, struct err *err);

/* Gives @value to @option. An empty name of a file, a directory or a thing is refused. */
int option_apply(const struct cmd_option *option, void *target, char *value, struct err *err);

/*
 * Whether so many operands are right. @usage: what the help shows, one form a line: "ADDRESS...",
 * "[PID]", "FORMAT ADDRESS..."; NULL: there are none.
 */
int operands_check(const char *usage, const struct command_line *line, struct err *err);

/* The options as lines of a help text. */
void options_help(const struct cmd_option *table, FILE *out);

#endif
