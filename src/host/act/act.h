/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a plan, and undoes it. Each change is in the journal before it is made, so it can be
 * undone whatever ends the process or the host.
 *
 * Undoing looks at what is there and changes only what differs, so it can be interrupted at any
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
	/* Asked between operations; true: stop and put back. May be NULL. */
	bool (*interrupted)(void);
	/* Told of each step, for a person who watches. May be NULL. */
	void (*tell)(void *arg, const char *text);
	void *tell_arg;
};

/*
 * Carries out @plan. One that only makes bound devices survive a reboot is added to the transaction
 * that bound them. When an operation fails, those before it are taken back and @err says what
 * failed, and what could not be put back if that failed too. -ETIMEDOUT: the kernel hangs in
 * an operation; then nothing more is touched, and the journal stays.
 */
int act_bind(struct act *act, const struct plan *plan, struct err *err);

/*
 * Carries out a reset, and puts back at once what had to be set for it. As for a bind, what is
 * cut off is put back by act_undo().
 */
int act_reset(struct act *act, const struct plan *plan, struct err *err);

/*
 * Carries out @plan, has @use do its work, and takes the plan back, whatever came of it. The
 * journal is of @command. As for a bind, what is cut off is put back by act_undo().
 */
int act_borrow(struct act *act, const char *command, const struct plan *plan,
	int (*use)(void *arg, struct err *err), void *arg, struct err *err);

/*
 * Takes a transaction back and deletes its journal. The journal stays where something could
 * not be put back, for another try. After a reboot only what outlives one is taken back: files,
 * and where those have bound the devices again, that.
 *
 * -EBUSY: a change of before still hangs in the kernel.
 */
int act_undo(struct act *act, struct journal *journal, struct err *err);

/* Whether all that a plan to survive a reboot would do to bound devices is done already. */
bool act_is_persisted(const struct act *act, const struct plan *plan);

/* Whether a transaction has files that make it survive a reboot. */
bool act_has_files(const struct journal *journal);

/*
 * Takes these files back and nothing else: the devices stay where they are until a reboot. The
 * journal goes where it was about nothing else.
 */
int act_unpersist(struct act *act, struct journal *journal, struct err *err);

/* Whether a reboot has ended all that a journal is about; see journal_is_past(). */
bool act_is_past(const struct act *act, const struct journal *journal);

#endif
