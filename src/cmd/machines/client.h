/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of a running machine's control socket (vm/control/control.h). What the machine sends is
 * not trusted: the time and the memory that it can cost are bounded. One thread.
 */
#ifndef CMD_MACHINES_CLIENT_H
#define CMD_MACHINES_CLIENT_H

#include <json-c/json.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

struct client {
	int fd;
	pid_t pid; /* the machine's process */
	struct json_tokener *tokener;
	char bytes[4096]; /* read, and not parsed yet */
	size_t len, at;
};

/*
 * Connects to machine @name of this user, and is ready for commands then. Returns 0, -ENOENT if no
 * machine of that name runs, or -errno. Close it in both cases.
 */
int client_connect(struct client *client, const char *name, struct err *err);
void client_disconnect(struct client *client);

/* Connects to its serial console: vm/control/serial_share.h. Returns 0, -ENOENT, or -errno. */
int client_open_serial(int *fd, const char *name, struct err *err);

/* Removes what machine @name has left where its sockets were, if it does not run. */
void client_clean(const char *name);

/* Returns what the machine answers, which the caller releases; NULL with @err set. */
struct json_object *client_ask(struct client *client, const char *command, struct err *err);

/* The same for a whole request, with which the descriptor @fd goes; -1: none does. */
struct json_object *client_ask_with(
	struct client *client, const char *request, int fd, struct err *err);

/*
 * Waits at most @seconds for the end of the machine's process. Returns whether it has ended.
 */
bool client_await_end(const struct client *client, unsigned seconds);

/*
 * The names of this user's machines, running or not, as sysroot_names(). Returns their number, or
 * -errno; 0 if there is no directory.
 */
int client_names(char ***names);

#endif
