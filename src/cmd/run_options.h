/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `tenon run` can be asked for, as one table that the command line and --help read.
 *
 * To add an option: give struct machine_config a field, write one apply and one print function
 * beside the others of its kind (run_options.c, or a file of its own such as run_device.c when
 * it has suboptions), and add one row to run_options[]. The rest follows, and unit-cmd-run-options
 * checks that what is printed reads back the same; the manual page is yours to write.
 */
#ifndef CMD_RUN_OPTIONS_H
#define CMD_RUN_OPTIONS_H

#include <stdio.h>

#include "vm/machine.h"

/*
 * What was asked for. Owns every text that @config points to; @config points into the struct,
 * which stays at one address.
 */
struct run_request {
	struct machine_config config;
	struct vfio_assign_request devices[VFIO_MAX_DEVICES];
	bool verbose;

	bool help; /* print the help and end */

	char **texts; /* what was applied, kept for the pointers into it */
	unsigned nr_texts;
};

enum run_option_kind {
	RUN_VALUE,  /* takes an argument; the last one counts */
	RUN_LIST,   /* takes an argument; each one adds */
	RUN_SWITCH, /* on, off, or nothing, which is on; the last one counts */
	RUN_ACTION, /* on the command line only, without an argument */
};

struct run_option {
	const char *name; /* "memory": --memory, and "memory =" in a file. NULL ends the table. */
	char letter;      /* the short form, or 0 */
	enum run_option_kind kind;
	const char *argument; /* for the help, "SIZE"; NULL for a switch and an action */
	const char *help;     /* lines of at most 70 columns */
	/* @value: NULL without an argument. Lives as long as @request, and may be cut in place. */
	int (*apply)(struct run_request *request, char *value, struct err *err);
	/*
	 * Prints the @n-th value as apply() takes it, and returns true; false when there is no such
	 * value, or none was given that differs from saying nothing. @n is 0 but for a RUN_LIST.
	 * NULL for an action.
	 */
	bool (*print)(const struct run_request *request, unsigned n, FILE *out);
};

extern const struct run_option run_options[];

/* A request with every default. */
void run_request_init(struct run_request *request);
void run_request_free(struct run_request *request);

/* The option of this name, or NULL with @err set, which suggests the nearest. @dashes: "--" or "".
 */
const struct run_option *run_option_find(const char *name, const char *dashes, struct err *err);

/* Applies a copy of @value. */
int run_option_apply(struct run_request *request, const struct run_option *option,
	const char *value, struct err *err);

/* The command line; a word that is no option is refused. */
int run_options_parse(struct run_request *request, int argc, char **argv, struct err *err);

/* Whether what was asked for is complete. */
int run_request_check(const struct run_request *request, struct err *err);

void run_options_help(FILE *out);

#endif
