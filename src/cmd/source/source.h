/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that say where a command takes its facts from, the same for all that look at a
 * host, and the scan itself.
 */
#ifndef CMD_SOURCE_SOURCE_H
#define CMD_SOURCE_SOURCE_H

#include <getopt.h>

#include "host/scan/scan.h"

/* Values of getopt_long() for these options; a command's own begin above. */
enum {
	OPT_SOURCE_SYSROOT = 1000,
	OPT_SOURCE_LSPCI,
	OPT_SOURCE_JSON,
};

#define SOURCE_OPTIONS                                                  \
	{ "sysroot", required_argument, NULL, OPT_SOURCE_SYSROOT },     \
		{ "lspci", required_argument, NULL, OPT_SOURCE_LSPCI }, \
	{                                                               \
		"json", no_argument, NULL, OPT_SOURCE_JSON              \
	}

/* For the end of a command's help. */
#define SOURCE_HELP                                                                                \
	"      --sysroot DIR  a captured tree, or a file of `tenon capture`, not this host\n"      \
	"      --lspci FILE   a text with lspci or groups in it instead; - is standard input\n"    \
	"      --json         print JSON (docs/json.md)\n"                                         \
	"  -h, --help         this text\n"

struct source_args {
	struct scan_source scan;
	bool json;
};

/* Takes an option if it is one of these. */
bool source_option(struct source_args *args, int option, const char *value);

/*
 * Scans the host, or says on standard error why not. Returns -1, or the exit code to end with;
 * host_close() it in both cases.
 */
int source_open(const struct source_args *args, struct host *host);

/* Says what is wrong with the command line. Returns EXIT_USAGE. */
int source_usage(const char *command, const char *what, const char *value);

/*
 * The index of the device that @text names, "0000:01:00.0" or "01:00.0"; or HOST_NONE with the
 * exit code in @code, said on standard error.
 */
int source_device(const struct host *host, const char *command, const char *text, int *code);

#endif
