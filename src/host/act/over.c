// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transactions that are over without tenon: the host removed their devices, or somebody gave them
 * to other drivers.
 */
#include <errno.h>
#include <string.h>

#include "host/act/act_internal.h"

/* How many of the devices that a transaction bound are still with its driver. */
static unsigned nr_held(const struct act *act, const struct journal *journal)
{
	char driver[JOURNAL_PRIOR_SIZE];
	unsigned nr = 0;

	for (unsigned i = 0; i < journal->nr_ops; i++) {
		const struct plan_op *op = &journal->ops[i].op;

		if (op->kind != PLAN_BIND || !journal->ops[i].begun)
			continue;
		/* A device that is not there has no driver. */
		state_driver(act->fx->sysroot, op, driver, sizeof(driver));
		nr += !strcmp(driver, op->driver);
	}
	return nr;
}

bool act_is_over(const struct act *act, const struct journal *journal)
{
	return journal->state == JOURNAL_BOUND && !nr_held(act, journal);
}

int act_end_over(struct act *act, const struct plan *plan, struct err *err)
{
	int ended = 0;

	for (unsigned i = 0; i < plan->nr_devices; i++) {
		struct journal journal;
		int ret = store_find(act->store, plan->devices[i].name, &journal, err);

		if (ret == -ENOENT)
			continue;
		if (ret)
			return ret;
		if (!act_is_past(act, &journal) && act_is_over(act, &journal) &&
			!act_has_files(&journal)) {
			tell(act, "%s is not with VFIO any more: the rest of its bind is put back",
				plan->devices[i].name);
			ret = act_undo(act, &journal, err);
			ended = 1;
		}
		journal_close(&journal);
		if (ret)
			return ret;
	}
	return ended;
}
