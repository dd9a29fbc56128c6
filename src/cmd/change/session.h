/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that is open while a command changes a host. */
#ifndef CMD_CHANGE_SESSION_H
#define CMD_CHANGE_SESSION_H

#include "cmd/ui/command_line.h"
#include "host/act/act.h"

/*
 * Rows for the options of a command that changes a host. The other arguments are the members of
 * @type that keep the values.
 */
#define CHANGE_OPTIONS(type, sysroot_, json_, verbose_)                                           \
	{ "sysroot", 0, OPTION_VALUE, "DIR", "the files below DIR instead of this host's",        \
		.field = TEXT_FIELD(type, sysroot_) },                                            \
		{ "json", 0, OPTION_FLAG, NULL, "print JSON", .field = FLAG_FIELD(type, json_) }, \
	{                                                                                         \
		"verbose", 'v', OPTION_FLAG, NULL, "say each step",                               \
			.field = FLAG_FIELD(type, verbose_)                                       \
	}

struct session {
	struct sysroot sysroot;
	struct store store;
	struct effects fx;
	struct act act;
};

/*
 * Opens the host below @sysroot (NULL: the running one), locks the store, and blocks SIGINT,
 * SIGTERM and SIGHUP so that they end the command only between two operations. @verbose: prints
 * each step. The struct must not move. Returns 0 or -errno; call session_close() in both cases.
 */
int session_open(struct session *session, const char *sysroot, bool verbose, struct err *err);
void session_close(struct session *session);

#endif
