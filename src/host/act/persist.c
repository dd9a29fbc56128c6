// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes an existing bind survive a reboot, and undoes that; gives its files to a user. These are
 * added to the journal of the bind, and removed from it again, so that release, recover and a
 * reboot handle them like files that came with the bind itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/act/act_internal.h"

bool act_is_files_only(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->nr_ops; i++)
		if (plan->ops[i].kind != PLAN_FILE && plan->ops[i].kind != PLAN_OWNER)
			return false;
	return plan->nr_ops;
}

static bool has_op(const struct journal *journal, const struct plan_op *op)
{
	for (unsigned i = 0; i < journal->nr_ops; i++) {
		const struct journal_op *other = &journal->ops[i];

		if (other->op.kind == op->kind && other->begun &&
			!strcmp(other->op.file, op->file) &&
			(op->kind == PLAN_FILE || !strcmp(other->op.value, op->value)))
			return true;
	}
	return false;
}

/*
 * Finds the journal of the bind of the plan's devices; -ENOENT, with @err not set, if there is
 * none.
 */
static int find_bind(
	const struct act *act, const struct plan *plan, struct journal *journal, struct err *err)
{
	const char *first = plan->devices[0].name;
	int ret = store_find(act->store, first, journal, err);

	if (ret)
		return ret;
	if (act_is_past(act, journal))
		return -ENOENT;
	if (journal->state != JOURNAL_BOUND) {
		err_set(err, EBUSY, "%s is in a transaction of tenon that is not finished", first);
		return err_help(err, "`tenon recover` puts things back first (%s)", first);
	}
	for (unsigned i = 1; i < plan->nr_devices; i++) {
		if (journal_has(journal, plan->devices[i].name))
			continue;
		err_set(err, EEXIST, "%s and %s were not bound together", first,
			plan->devices[i].name);
		return err_help(err, "Use --persist for one after the other.");
	}
	return 0;
}

bool act_is_persisted(const struct act *act, const struct plan *plan)
{
	bool persisted = act_is_files_only(plan);
	struct err ignored = { 0 };
	struct journal journal = { .fd = -1 };

	if (persisted && find_bind(act, plan, &journal, &ignored))
		persisted = false;
	for (unsigned i = 0; persisted && i < plan->nr_ops; i++)
		persisted = has_op(&journal, &plan->ops[i]);
	journal_close(&journal);
	return persisted;
}

/* Adds the plan's operations, each with the present state, to the journal. */
static int extend(
	struct act *act, const struct plan *plan, struct journal *journal, struct err *err)
{
	own_free char(*state)[JOURNAL_PRIOR_SIZE] = calloc(plan->nr_ops, sizeof(*state));
	own_free const char **prior = calloc(plan->nr_ops, sizeof(*prior));

	if (!state || !prior)
		return err_sys(err, ENOMEM, "cannot hold %u operations", plan->nr_ops);
	for (unsigned i = 0; i < plan->nr_ops; i++)
		if (state_read(act->fx->sysroot, &plan->ops[i], state[i]) > 0)
			prior[i] = state[i];
	return journal_add_ops(journal, plan->ops, plan->nr_ops, prior, err);
}

static int make_files(
	struct act *act, const struct plan *plan, struct journal *journal, struct err *err)
{
	unsigned first = journal->nr_ops;
	struct err undo = { 0 };
	int ret = extend(act, plan, journal, err);

	if (!ret)
		ret = journal_set_state(journal, JOURNAL_PERSISTING, 0, err);
	for (unsigned i = first; i < journal->nr_ops && !ret; i++)
		ret = act_step(act, journal, i, err);
	if (!ret)
		return journal_set_state(journal, JOURNAL_BOUND, 0, err);
	if (act_unpersist(act, journal, &undo))
		err_help(err, "Not all could be put back: %s. `tenon recover` tries again.",
			undo.text);
	else if (!err->help[0])
		err_help(err, "All is as it was before.");
	return ret;
}

int act_persist(struct act *act, const struct plan *plan, struct err *err)
{
	struct journal journal = { .fd = -1 };
	int ret = find_bind(act, plan, &journal, err);

	if (!ret && !act_is_persisted(act, plan))
		ret = make_files(act, plan, &journal, err);
	journal_close(&journal);
	return ret;
}

bool act_has_files(const struct journal *journal)
{
	for (unsigned i = 0; i < journal->nr_ops; i++)
		if (journal->ops[i].op.kind == PLAN_FILE && journal->ops[i].begun)
			return true;
	return false;
}

int act_unpersist(struct act *act, struct journal *journal, struct err *err)
{
	bool others = false;
	int ret = journal_set_state(journal, JOURNAL_PERSISTING, 0, err);

	for (unsigned i = journal->nr_ops; i-- && !ret;) {
		const struct journal_op *op = &journal->ops[i];

		others = others || (op->op.kind != PLAN_FILE && op->begun);
		if (op->op.kind != PLAN_FILE || !op->begun)
			continue;
		ret = op_undo(act, &op->op, op->prior, err);
		if (!ret)
			ret = journal_undone(journal, i, err);
	}
	if (ret)
		return ret;
	/*
	 * If something else had bound the devices to VFIO, the journal is empty now and is deleted.
	 */
	return others ? journal_set_state(journal, JOURNAL_BOUND, 0, err)
		      : journal_remove(journal, act->store->directory, err);
}
