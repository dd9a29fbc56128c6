/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that stands while a command changes a host. */
#ifndef CMD_CHANGE_SESSION_H
#define CMD_CHANGE_SESSION_H

#include "cmd/ui/command_line.h"
#include "host/act/act.h"

/* Rows for the options of a command that changes a host: where @type keeps each value. */
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
 * Opens the host below @sysroot (NULL: the running one), locks the store, and holds back SIGINT,
 * SIGTERM and SIGHUP so that they end the command between two operations only. @verbose: each
 * step is said. The struct may not move. Returns 0 or -errno; session_close() it in both cases.
 */
int session_open(struct session *session, const char *sysroot, bool verbose, struct err *err);
void session_close(struct session *session);

#endif
