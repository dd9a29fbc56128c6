/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that change a host have in common. */
#ifndef CMD_ACT_H
#define CMD_ACT_H

#include "host/act/act.h"
#include "pci/addr.h"

/* The command line. */
struct act_args {
	bool force;
	bool json;
	const char *sysroot;
	const char *driver;
	struct pci_addr *devices; /* the caller frees it, after a failure too */
	unsigned count;
};

/* What a command line is read by. @options: ARGS_* below that the command takes. */
struct act_syntax {
	const char *name;
	const char *help;
	unsigned options;
	unsigned min_devices, max_devices;
};

enum act_option { ARGS_FORCE = 1, ARGS_DRIVER = 2 };

/* Returns an exit code, or -1 to go on. */
int act_parse(struct act_args *args, const struct act_syntax *syntax, int argc, char **argv);

/* Everything that stands while a host is being changed. */
struct act_session {
	struct tree tree;
	struct store store;
	struct effects fx;
	struct act act;
};

/*
 * Opens the host, locks the store and holds back SIGINT, SIGTERM and SIGHUP so that they end the
 * command between two operations. Safe to close after a failure.
 */
int act_session_open(struct act_session *session, const char *sysroot, struct err *err);
void act_session_close(struct act_session *session);

#endif
