/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One transaction on disk: a text file of lines, each a checksum and a JSON object.
 *
 *	<crc32> {"tenon":1,"boot":"...","time":"...","command":"bind","devices":[...],"ops":[...]}
 *	<crc32> {"begin":0,"prior":"nouveau"}
 *	<crc32> {"done":0}
 *	<crc32> {"state":"bound"}
 *	<crc32> {"more":[...]}
 *	<crc32> {"undone":7}
 *
 * The first line, with the state of each operation's file, is on disk before anything is changed.
 * Before each change, a record with the state just before it is on disk, too. A record that a power
 * cut left half written is skipped: operations run in order, so a later record implies it, and if
 * there is none, the change was not begun.
 *
 * The caller owns a struct journal and closes it with journal_close(). One thread; the store's lock
 * guards it against other processes.
 */
#ifndef HOST_ACT_JOURNAL_H
#define HOST_ACT_JOURNAL_H

#include <sys/types.h>

#include "host/plan/plan.h"

enum journal_state {
	JOURNAL_WORKING, /* the bind is in progress, or was interrupted */
	JOURNAL_BOUND,   /* the devices are bound to VFIO */
	JOURNAL_UNDOING, /* undoing is in progress, or was interrupted */
	JOURNAL_STUCK,   /* a change hangs in the kernel */
	/*
	 * The devices are bound; adding or removing the files by which this survives a reboot is in
	 * progress, or was interrupted
	 */
	JOURNAL_PERSISTING,
	/* The devices are lent to a machine, and the processes that see to it hold the journal */
	JOURNAL_LENT,
};

#define JOURNAL_PRIOR_SIZE 512

struct journal_op {
	struct plan_op op; /* its texts are the journal's */
	char *prior;       /* the state before; NULL: nothing was there */
	bool begun;
	bool undone; /* undone on its own, so it counts as not begun */
};

struct journal {
	int fd;              /* for appending; -1 if it is only read */
	char name[256];      /* of its file, in the store's directory */
	char boot[64];       /* the kernel's boot id when it was created */
	char time[32];       /* UTC, ISO 8601 */
	const char *command; /* "bind", "reset", "run", "take-display" or "managed" */
	enum journal_state state;
	pid_t stuck; /* with JOURNAL_STUCK: the process that hangs */
	const char **devices;
	unsigned nr_devices;
	struct journal_op *ops;
	unsigned nr_ops;
	unsigned damaged; /* records that could not be read */
	struct json_object *header;
};

/*
 * Creates a journal in @directory, named after the plan's first device and @command. It is on disk
 * on return. @prior: one per operation, each may be NULL; @boot: the boot id. Returns -EEXIST if it
 * exists.
 */
int journal_create(struct journal *journal, int directory, const char *command,
	const struct plan *plan, const char *const *prior, const char *boot, struct err *err);

/* Reads a journal; @write: for appending. Returns -EBADMSG if its first line is not a journal's. */
int journal_load(
	struct journal *journal, int directory, const char *name, bool write, struct err *err);

/* On disk when it returns. */
int journal_begin(struct journal *journal, unsigned op, const char *prior, struct err *err);
/* Not synced: if the record is lost, the change counts as begun, which undoes just as well. */
int journal_done(struct journal *journal, unsigned op, struct err *err);
/* Records a state, which is on disk on return. @stuck is for JOURNAL_STUCK. */
int journal_set_state(
	struct journal *journal, enum journal_state state, pid_t stuck, struct err *err);

/*
 * Opens a descriptor by which processes hold the journal, as long as one of them has it; it cannot
 * be written to. Returns the descriptor or -errno.
 */
int journal_hold(const struct journal *journal, int directory, struct err *err);
/* Whether processes hold the journal now. */
bool journal_is_held(const struct journal *journal);

/* Adds operations to a transaction; @prior as for journal_create(). They are on disk on return. */
int journal_add_ops(struct journal *journal, const struct plan_op *ops, unsigned nr_ops,
	const char *const *prior, struct err *err);
/* Records that an operation was undone on its own. On disk on return. */
int journal_undone(struct journal *journal, unsigned op, struct err *err);

/* Deletes the file once the transaction is over. */
int journal_remove(struct journal *journal, int directory, struct err *err);

/*
 * Whether a reboot has undone all that is in the journal: all of it was kernel state, and @boot is
 * a different boot id.
 */
bool journal_is_past(const struct journal *journal, const char *boot);

/* Whether its devices are with VFIO after the command that made it has done its work. */
bool journal_keeps_devices(const struct journal *journal);
bool journal_has(const struct journal *journal, const char *device);
const char *journal_state_name(enum journal_state state);

/* May be called on a zeroed one, and more than once. */
void journal_close(struct journal *journal);

#endif
