/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of a machine, by which other programs see its state and change it. It speaks a
 * subset of QEMU's machine protocol (docs/interop/qmp-spec of QEMU): JSON objects in both
 * directions, and events. One table of commands (commands.c) says what there is.
 *
 * The socket is a file that only this user may open, and the peers' user is checked, too. What a
 * client sends is not trusted: an object, the depth of it, and what waits to be read by a client
 * are bounded, and a client that exceeds a bound is closed. All of it runs on the loop's thread.
 */
#ifndef VM_CONTROL_CONTROL_H
#define VM_CONTROL_CONTROL_H

#include <limits.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/loop.h"

#define CONTROL_CLIENTS 8

/* What the machine does for its clients. On the loop's thread. */
struct control_ops {
	bool (*is_paused)(void *owner);
	bool (*is_asleep)(void *owner);
	/* Each of these may be called in any state. The machine reports the events itself. */
	void (*pause)(void *owner);
	void (*resume)(void *owner);
	void (*reset)(void *owner);
	void (*press_power)(void *owner);
	void (*wake)(void *owner);
	void (*quit)(void *owner);
};

enum control_event {
	CONTROL_STOP,
	CONTROL_RESUME,
	CONTROL_RESET,
	CONTROL_POWERDOWN,
	CONTROL_SHUTDOWN,
	CONTROL_SUSPEND,
	CONTROL_WAKEUP,
};

struct control_client;
struct vcpus;

struct control {
	struct loop *loop;
	const struct control_ops *ops;
	void *owner;
	const struct vcpus *vcpus; /* set by the owner; NULL: no vCPUs are listed */
	uid_t user;                /* whose processes may connect, beside root's */
	int lock;                  /* held while the machine has its name */
	char file[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* the socket; "": none */
	struct loop_source listener;
	struct control_client *clients[CONTROL_CLIENTS]; /* NULL: free */
};

/*
 * Makes the socket of machine @name in the user's directory of running machines, where `tenon ps`
 * finds it. Returns 0, -EEXIST if a machine of that name runs already, or -errno. Without such a
 * directory (a user without XDG_RUNTIME_DIR) there is no socket, which is no error.
 */
int control_open(struct control *control, const char *name, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err);
/* The same in the directory @base. */
int control_open_in(struct control *control, const char *base, const char *name, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err);
/* A socket at a path that the caller has chosen, which belongs to no name. */
int control_open_at(struct control *control, const char *file, struct loop *loop,
	const struct control_ops *ops, void *owner, struct err *err);

/* Tells all clients. @by_guest, @reason: for CONTROL_RESET and CONTROL_SHUTDOWN. */
void control_event(
	struct control *control, enum control_event event, bool by_guest, const char *reason);

/* Sends what is left, as far as the clients take it at once. Safe on a zeroed struct. */
void control_close(struct control *control);

/*
 * Writes the directory of this user's running machines, "/run/tenon", to @path of PATH_MAX bytes.
 * Returns false if there is none.
 */
bool control_directory(char path[PATH_MAX]);
/* The socket's name in a machine's directory there. */
#define CONTROL_SOCKET "qmp"

#endif
