/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a plan, and undoes it. Each change is in the journal before it is made, so it can be
 * undone even if the process or the host dies.
 *
 * Undoing compares the present state and changes only what differs, so it can be interrupted at any
 * step and run again. One thread; the store's lock keeps other processes out.
 */
#ifndef HOST_ACT_ACT_H
#define HOST_ACT_ACT_H

#include "host/act/effects.h"
#include "host/act/journal.h"
#include "host/act/store.h"
#include "host/plan/plan.h"

struct act {
	struct effects *fx;
	const struct store *store; /* locked */
	/* Called between operations; if it returns true, stop and undo. May be NULL. */
	bool (*interrupted)(void);
	/* Called with a description of each step, to show progress. May be NULL. */
	void (*tell)(void *arg, const char *text);
	void *tell_arg;
	/*
	 * Writes who has the device open to @text, "Xorg (process 812)", and returns 1; or 0 if
	 * nobody has, or -errno. NULL: not known, so PLAN_IDLE does not wait.
	 */
	int (*user)(void *arg, const char *device, char *text, size_t size);
	void *user_arg;
};

/*
 * Carries out @plan. A plan that only makes an existing bind survive a reboot is added to the
 * transaction of that bind. When an operation fails, those before it are undone, and @err says what
 * failed, and what could not be undone if that failed too. Returns -ETIMEDOUT if the kernel hangs
 * in an operation; then nothing more is changed, and the journal stays.
 */
int act_bind(struct act *act, const struct plan *plan, struct err *err);

/*
 * Carries out a reset, and then restores what had to be changed for it. As for a bind, act_undo()
 * undoes what was interrupted.
 */
int act_reset(struct act *act, const struct plan *plan, struct err *err);

/*
 * Carries out @plan, calls @use, and undoes the plan whatever the result. The journal names
 * @command. As for a bind, act_undo() undoes what was interrupted.
 */
int act_borrow(struct act *act, const char *command, const struct plan *plan,
	int (*use)(void *arg, struct err *err), void *arg, struct err *err);

/*
 * As act_borrow(), for the time that a machine runs. Meanwhile the store is not locked, and the
 * journal says JOURNAL_LENT. @use gets @hold, a descriptor that processes which need the devices
 * inherit: while one of them has it, journal_is_held(). @use returns 0 or -errno.
 */
int act_lend(struct act *act, const char *command, const struct plan *plan,
	int (*use)(void *arg, int *hold, struct err *err), void *arg, struct err *err);

/*
 * Undoes a transaction and deletes its journal. The journal stays for another try if something
 * could not be undone. After a reboot only what survives one is undone: the files, and the bind if
 * the files have caused it again.
 *
 * Returns -EBUSY if an earlier change still hangs in the kernel.
 */
int act_undo(struct act *act, struct journal *journal, struct err *err);

/*
 * Whether none of the devices of a bind is still with the driver that it was bound to: the host
 * removed them, or somebody gave them to other drivers.
 */
bool act_is_over(const struct act *act, const struct journal *journal);

/*
 * Undoes the binds of @plan's devices that are over, except those with files that make them survive
 * a reboot. Returns 1 if there were any, and then the plan is out of date; otherwise 0 or -errno.
 */
int act_end_over(struct act *act, const struct plan *plan, struct err *err);

/* Whether the files by which the bind of @plan survives a reboot exist already. */
bool act_is_persisted(const struct act *act, const struct plan *plan);

/* Whether a transaction has files that make it survive a reboot. */
bool act_has_files(const struct journal *journal);

/*
 * Undoes these files and nothing else: the devices stay bound until a reboot. Deletes the journal
 * if it holds nothing else.
 */
int act_unpersist(struct act *act, struct journal *journal, struct err *err);

/* Whether a reboot has undone all that is in a journal; see journal_is_past(). */
bool act_is_past(const struct act *act, const struct journal *journal);

#endif
