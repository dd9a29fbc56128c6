// SPDX-License-Identifier: GPL-2.0-or-later
/* A transaction for the time that a machine runs. */
#include <errno.h>

#include "base/own.h"
#include "host/act/act_internal.h"

/*
 * When the machine has ended, what it borrowed goes back in any case: another command that changes
 * the host meanwhile takes minutes at most.
 */
#define RELOCK_SECONDS 600

/* The result of @use; *@undo: whether the store is locked again, so that the plan can be undone. */
static int lend(struct act *act, struct journal *journal,
	int (*use)(void *arg, int *hold, struct err *err), void *arg, bool *undo, struct err *err)
{
	own_fd int hold = -1;
	struct err failure = { 0 };
	int ret = journal_set_state(journal, JOURNAL_LENT, 0, err);

	if (!ret)
		ret = hold = journal_hold(journal, act->store->directory, err);
	if (ret < 0)
		return ret;
	store_unlock(act->store);
	ret = use(arg, &hold, err);
	*undo = !store_relock(act->store, RELOCK_SECONDS, &failure);
	if (!*undo && !ret) {
		*err = failure;
		err_help(err, "`tenon recover` puts things back.");
		ret = -failure.code;
	}
	return ret;
}

int act_lend(struct act *act, const char *command, const struct plan *plan,
	int (*use)(void *arg, int *hold, struct err *err), void *arg, struct err *err)
{
	struct journal journal;
	bool undo = true;
	int ret = act_check_free(act, plan, err);

	if (!ret)
		ret = act_begin(act, command, plan, &journal, err);
	if (ret)
		return ret;
	ret = act_all(act, &journal, err);
	if (!ret)
		ret = lend(act, &journal, use, arg, &undo, err);
	if (undo)
		ret = ret ? act_fail(act, &journal, err) : act_undo(act, &journal, err);
	journal_close(&journal);
	return ret;
}
