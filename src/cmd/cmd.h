/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sub-commands of tenon.
 *
 * To add one: write a file (or a directory, if it has several) that defines a struct cmd with its
 * texts, its table of options and its main function; declare it below, and give it a row in
 * commands.c. Its help, the parsing of its command line, its errors as JSON, the completions and
 * the check of the manual pages follow from that. Then describe it in man/tenon.1.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/ui/command_line.h"

/* Exit codes of every command; `run` has more, see tenon-run(1). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_FINDINGS = 1, /* it worked, and found something that is wrong */
	EXIT_USAGE = 2,    /* the command line is wrong */
	EXIT_CANNOT = 3,   /* it failed; the message says why */
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
	const char *operands;    /* the @usage of operands_check() */
	const char *description; /* paragraphs of lines of at most 90 columns, each ended by \n */
	const struct cmd_option *options; /* besides --help; NULL: none */
	const char *notes;                /* what the help says after the options, or NULL */
	/*
	 * What each code means, for the help; NULL: the code does not occur, or has its usual
	 * meaning.
	 */
	const char *exits[NR_EXIT_CODES];

	/*
	 * The target of the options: a zeroed struct of this size, whose defaults init() may set.
	 */
	size_t args_size;
	void (*init)(void *args);
	/* Takes the operands before the options are applied. NULL: main() reads them. */
	int (*take_operands)(const struct cmd_call *call, struct err *err);
	/* Takes an option; NULL: option_apply(). */
	int (*apply)(void *args, const struct cmd_option *option, char *value, struct err *err);
	/* Checks whether the arguments make sense together. Returns 0 or -errno. */
	int (*check)(const struct cmd_call *call, struct err *err);
	/*
	 * Runs the command and returns its exit code. The caller prints an error that is set in
	 * @err; with --json and EXIT_CANNOT, it also prints it as JSON.
	 */
	int (*main)(const struct cmd_call *call, struct err *err);
	/*
	 * For a command that changes something: says, for the message, what was done if the output
	 * could not be printed. @code is EXIT_FINE or EXIT_FINDINGS. NULL: only the output counts.
	 */
	const char *(*done)(const struct cmd_call *call, int code);
	/* Safe once init() has run. */
	void (*close)(void *args);
};

/* In the order of the help; ends with NULL. */
extern const struct cmd *const commands[];

/* The command of this name, or NULL with @err set, which suggests the nearest name. */
const struct cmd *cmd_find(const char *name, struct err *err);

/*
 * Parses the command line, in which argv[0] is the command's name, and runs the command. Returns
 * its exit code, after the output has been flushed and checked for errors.
 */
int cmd_call(const struct cmd *cmd, int argc, char **argv);

/*
 * The part of cmd_call() that fills call->args from the parsed line, after init(). Returns 0 or
 * -errno.
 */
int cmd_prepare(const struct cmd_call *call, const struct command_line *line, struct err *err);

void cmd_help_print(const struct cmd *cmd, FILE *out);
void cmd_list_print(FILE *out);

extern const struct cmd cmd_bind, cmd_capture, cmd_check, cmd_complete, cmd_console, cmd_disk,
	cmd_display_server, cmd_explain, cmd_export, cmd_groups, cmd_help, cmd_list, cmd_log,
	cmd_metrics, cmd_new, cmd_pause, cmd_plan, cmd_ps, cmd_read_input, cmd_recover, cmd_release,
	cmd_reset, cmd_restart, cmd_resume, cmd_rm, cmd_rom, cmd_run, cmd_screenshot,
	cmd_sound_server, cmd_start, cmd_stats, cmd_status, cmd_stop, cmd_top, cmd_trace,
	cmd_user_network, cmd_version, cmd_vga, cmd_wake;

#endif
