/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sub-commands of tenon. Each has one file, cmd_NAME.c or NAME.c, and one entry here. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

/* Exit codes of every command but `run`, which documents its own. */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_FINDINGS = 1, /* it worked, and what it found is bad news */
	EXIT_USAGE = 2,    /* the command line is wrong */
	EXIT_CANNOT = 3,   /* it could not be done; the message says why */
};

struct cmd {
	const char *name;
	const char *summary; /* one line for `tenon help`; NULL: not for people */
	/* argv[0] is the command's name. Returns the exit code. */
	int (*main)(int argc, char **argv);
};

int cmd_bind(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_groups(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_rom(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_user_network(int argc, char **argv);
int cmd_vga(int argc, char **argv);

#endif
