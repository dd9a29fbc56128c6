/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that stands while a command changes a host. */
#ifndef CMD_CHANGE_SESSION_H
#define CMD_CHANGE_SESSION_H

#include "host/act/act.h"

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
