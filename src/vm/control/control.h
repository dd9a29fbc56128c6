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
#include "pci/addr.h"

#define CONTROL_CLIENTS 8

#define CONTROL_DEVICES 64

/* What `tenon ps` shows of a machine. */
struct control_facts {
	u64 memory;        /* bytes */
	u64 uptime;        /* ns, since it was put together */
	u64 mapped, total; /* bytes of memory that are mapped for devices, of how many */
	struct pci_addr devices[CONTROL_DEVICES];
	unsigned nr_devices;
};

/* A disk, or a drive. */
struct control_block {
	const char *file, *format; /* NULL: none, not known */
	bool read_only, removable;
	bool tray_open, locked;
	const struct block_counts *counts; /* NULL: another process serves it */
};

struct block_counts;
struct pci_host;
struct screen;

/* What the machine does for its clients. On the loop's thread. */
struct control_ops {
	void (*look)(void *owner, struct control_facts *facts);
	struct pci_host *(*pci)(void *owner);
	const struct screen *(*screen)(void *owner); /* of an emulated display; NULL: none */
	/* Looks at the @n-th disk. False behind the last. */
	bool (*block)(void *owner, unsigned n, struct control_block *block);
	/* As disks_tray(). */
	int (*tray)(void *owner, unsigned n, bool open, bool force);
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
	int lock;                  /* held while the machine has its name; 0: it has none */
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
/* What is in a machine's directory there. */
#define CONTROL_SOCKET "qmp"
#define CONTROL_SERIAL "console" /* vm/control/serial_share.h */
#define CONTROL_LOCK   "lock"

/* Writes the path of @file in the machine's directory. Returns false if it has none. */
bool control_path(const struct control *control, const char *file, char path[PATH_MAX]);

/*
 * Removes what machine @name, which has ended, has left in @base: a machine that has become another
 * user, or was killed, cannot do it. Leaves a machine that runs alone.
 */
void control_clean(const char *base, const char *name);

#endif
