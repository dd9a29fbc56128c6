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
 * The first line is on disk, with what each operation's file held then, before anything is
 * changed. Before each change its record with the state just before it is on disk too. A
 * record that a power cut left half written is passed over: operations run in order, so what a
 * later record says stands for it, and if there is none the change was not begun.
 *
 * A struct journal is its opener's, who ends it with journal_close(). One thread; between
 * processes the store's lock guards it.
 */
#ifndef HOST_ACT_JOURNAL_H
#define HOST_ACT_JOURNAL_H

#include <sys/types.h>

#include "host/plan/plan.h"

enum journal_state {
	JOURNAL_WORKING, /* the bind is under way, or was cut off */
	JOURNAL_BOUND,   /* the devices are given away */
	JOURNAL_UNDOING, /* the way back is under way, or was cut off */
	JOURNAL_STUCK,   /* a change hangs in the kernel */
	/* They are given away; files by which this survives a reboot come or go, or were cut off */
	JOURNAL_PERSISTING,
};

#define JOURNAL_PRIOR_SIZE 512

struct journal_op {
	struct plan_op op; /* its texts are the journal's */
	char *prior;       /* what was there before; NULL: nothing */
	bool begun;
	bool undone; /* taken back by itself, while the transaction is in force; not begun then */
};

struct journal {
	int fd;              /* to append; -1 in one that is only read */
	char name[256];      /* of its file, in the store's directory */
	char boot[64];       /* the kernel's boot id then */
	char time[32];       /* UTC, ISO 8601 */
	const char *command; /* "bind", "reset" or "run" */
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
 * Starts one in @directory, under the name of the plan's first device and of @command, and has it
 * on disk before it returns. @prior: by operation, each may be NULL; @boot: the boot id.
 * -EEXIST where there is one.
 */
int journal_create(struct journal *journal, int directory, const char *command,
	const struct plan *plan, const char *const *prior, const char *boot, struct err *err);

/* Reads one; @write: to go on with it. -EBADMSG where the first line is not a journal's. */
int journal_load(
	struct journal *journal, int directory, const char *name, bool write, struct err *err);

/* On disk when it returns. */
int journal_begin(struct journal *journal, unsigned op, const char *prior, struct err *err);
/* Not synced: without it a change counts as begun, which is as good. */
int journal_done(struct journal *journal, unsigned op, struct err *err);
/* On disk when it returns. @stuck is for JOURNAL_STUCK. */
int journal_set_state(
	struct journal *journal, enum journal_state state, pid_t stuck, struct err *err);

/* Adds operations to a transaction; @prior as for journal_create(). On disk when it returns. */
int journal_add_ops(struct journal *journal, const struct plan_op *ops, unsigned nr_ops,
	const char *const *prior, struct err *err);
/* An operation was taken back by itself. On disk when it returns. */
int journal_undone(struct journal *journal, unsigned op, struct err *err);

/* The transaction is over: deletes the file. */
int journal_remove(struct journal *journal, int directory, struct err *err);

/*
 * Whether a reboot has ended what the journal is about: all of it was in the kernel only, and
 * the kernel with the boot id @boot is another.
 */
bool journal_is_past(const struct journal *journal, const char *boot);

bool journal_has(const struct journal *journal, const char *device);
const char *journal_state_name(enum journal_state state);

/* May be called on a zeroed one, and more than once. */
void journal_close(struct journal *journal);

#endif
