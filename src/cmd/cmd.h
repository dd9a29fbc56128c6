/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sub-commands of tenon.
 *
 * To add one: write its file (or a directory, where it has several) that defines a struct cmd with
 * its words, its table of options and its main function; declare it below, and give it a row in
 * commands.c. The help, the reading of the command line, --json's errors, the completions and
 * the check of the manual pages follow from that; write its part of man/tenon.1.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/ui/command_line.h"

/* Exit codes of every command; `run` has more, see tenon-run(1). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_FINDINGS = 1, /* it worked, and what it found is bad news */
	EXIT_USAGE = 2,    /* the command line is wrong */
	EXIT_CANNOT = 3,   /* it could not be done; the message says why */
	NR_EXIT_CODES
};

/* One run of a command. */
struct cmd_call {
	const struct cmd *cmd;
	void *args; /* @cmd->args_size bytes, filled from the options */
	char **operands;
	unsigned nr_operands;
};

struct cmd {
	const char *name;
	const char *summary;     /* one line for `tenon help`; NULL: not for people */
	const char *operands;    /* as for operands_check() */
	const char *description; /* paragraphs of at most 90 columns, each line ends with \n */
	const struct cmd_option *options; /* besides --help; NULL: none */
	const char *notes;                /* what the help says behind the options, or NULL */
	/* What each code means, for the help; NULL: it does not occur, or means the usual. */
	const char *exits[NR_EXIT_CODES];

	/* The options' targets: a zeroed struct of this size, which init() may change. */
	size_t args_size;
	void (*init)(void *args);
	/* Takes the operands, before the options are applied. NULL: main() looks at them. */
	int (*take_operands)(const struct cmd_call *call, struct err *err);
	/* Takes an option; NULL: option_apply(). */
	int (*apply)(void *args, const struct cmd_option *option, char *value, struct err *err);
	/* Whether the arguments make sense together. */
	int (*check)(const struct cmd_call *call, struct err *err);
	/*
	 * Does it, and returns the exit code. An error that is set in @err is said by the caller,
	 * and with --json also printed as JSON where the code is EXIT_CANNOT.
	 */
	int (*main)(const struct cmd_call *call, struct err *err);
	/*
	 * What has been done although it could not be printed; NULL where only the output counts.
	 * Of a command that changes something; @code is EXIT_FINE or EXIT_FINDINGS.
	 */
	const char *(*done)(const struct cmd_call *call, int code);
	/* Safe wherever init() ran. */
	void (*close)(void *args);
};

/* In the order of the help; ends with NULL. */
extern const struct cmd *const commands[];

/* The command of this name, or NULL with @err set, which suggests the nearest. */
const struct cmd *cmd_find(const char *name, struct err *err);

/*
 * Reads the command line, argv[0] being the command's name, and does it. Returns the exit code;
 * what was printed has arrived then.
 */
int cmd_call(const struct cmd *cmd, int argc, char **argv);

/* Its part that fills call->args, after init(), from what was read. Returns 0 or -errno. */
int cmd_prepare(const struct cmd_call *call, const struct command_line *line, struct err *err);

void cmd_help_print(const struct cmd *cmd, FILE *out);
void cmd_list_print(FILE *out);

extern const struct cmd cmd_bind, cmd_capture, cmd_check, cmd_complete, cmd_explain, cmd_export,
	cmd_groups, cmd_help, cmd_list, cmd_plan, cmd_recover, cmd_release, cmd_reset, cmd_rom,
	cmd_run, cmd_stats, cmd_trace, cmd_user_network, cmd_version, cmd_vga;

#endif
