// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/act/act.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/act/act_internal.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

void tell(const struct act *act, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (!act->tell)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	act->tell(act->tell_arg, text);
}

struct boot {
	char id[64]; /* "" if the kernel does not tell */
};

static struct boot boot_now(const struct act *act)
{
	struct boot boot;

	sysroot_text(act->fx->sysroot, BOOT_ID, boot.id, sizeof(boot.id));
	return boot;
}

bool act_is_past(const struct act *act, const struct journal *journal)
{
	return journal_is_past(journal, boot_now(act).id);
}

int act_check_free(struct act *act, const struct plan *plan, struct err *err)
{
	for (unsigned i = 0; i < plan->nr_devices; i++) {
		const char *name = plan->devices[i].name;
		struct journal journal;
		bool bound, over;
		int ret = store_find(act->store, name, &journal, err);

		if (ret == -ENOENT)
			continue;
		if (ret)
			return ret;
		bound = journal.state == JOURNAL_BOUND;
		over = !plan->devices[i].ready;
		ret = 1;
		if (act_is_past(act, &journal))
			ret = journal_remove(&journal, act->store->directory, err);
		journal_close(&journal);
		if (ret == 0)
			continue;
		if (ret < 0)
			return ret;
		err_set(err, EEXIST, "%s is in a transaction of tenon that is %s", name,
			!bound ? "not finished"
			: over ? "in force, but VFIO has it no more: the host took it away"
			       : "in force");
		return err_help(err,
			bound ? "`tenon release %s` gives it back first"
			      : "`tenon recover` puts things back first (%s)",
			name);
	}
	return 0;
}

int act_begin(struct act *act, const char *command, const struct plan *plan,
	struct journal *journal, struct err *err)
{
	own_free char(*state)[JOURNAL_PRIOR_SIZE] = calloc(plan->nr_ops, sizeof(*state));
	own_free const char **prior = calloc(plan->nr_ops, sizeof(*prior));
	struct boot boot = boot_now(act);

	if (!state || !prior)
		return err_sys(err, ENOMEM, "cannot hold %u operations", plan->nr_ops);
	for (unsigned i = 0; i < plan->nr_ops; i++)
		if (state_read(act->fx->sysroot, &plan->ops[i], state[i]) > 0)
			prior[i] = state[i];
	return journal_create(journal, act->store->directory, command, plan, prior, boot.id, err);
}

int act_step(struct act *act, struct journal *journal, unsigned i, struct err *err)
{
	const struct plan_op *op = &journal->ops[i].op;
	char prior[JOURNAL_PRIOR_SIZE];
	int ret;

	if (act->interrupted && act->interrupted())
		return err_set(err, EINTR, "interrupted");
	ret = state_read(act->fx->sysroot, op, prior);
	if (ret < 0)
		return err_sys(err, -ret, "cannot read the state of %s", op->file);
	ret = journal_begin(journal, i, ret ? prior : NULL, err);
	if (ret)
		return ret;
	tell(act, "%s", plan_op_words(op, prior, sizeof(prior)));
	ret = op_do(act, op, err);
	return ret ? ret : journal_done(journal, i, err);
}

/* Whether an operation survives a reboot, or is done again by one. */
static bool outlives_boot(const struct plan_op *op)
{
	switch (op->kind) {
	case PLAN_FILE:
	case PLAN_BIND:
		return true;
	case PLAN_UNBIND:
		return !strncmp(op->file, "/sys/bus/pci/", 13);
	case PLAN_WRITE:
		return strstr(op->file, "/driver_override");
	default:
		return false;
	}
}

/* Undoes the operations that were begun, last to first; continues after failures. */
static int walk_back(struct act *act, struct journal *journal, bool rebooted, struct err *err)
{
	int first = 0;

	for (unsigned i = journal->nr_ops; i--;) {
		const struct journal_op *op = &journal->ops[i];
		struct err failure = { 0 };
		int ret;

		if (!op->begun || (rebooted && !outlives_boot(&op->op)))
			continue;
		ret = op_undo(act, &op->op, op->prior, &failure);
		if (!ret)
			continue;
		tell(act, "%s", failure.text);
		if (!first) {
			first = ret;
			*err = failure;
		}
		if (ret == -ETIMEDOUT) {
			journal_set_state(journal, JOURNAL_STUCK, act->fx->stuck, &failure);
			break;
		}
	}
	return first;
}

/* Whether a process that made a change still hangs in the kernel. */
static bool still_hangs(const struct act *act, const struct journal *journal)
{
	char path[64], program[32];

	if (journal->state != JOURNAL_STUCK || journal->stuck <= 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", journal->stuck);
	return sysroot_text(act->fx->sysroot, path, program, sizeof(program)) > 0 &&
	       !strcmp(program, "tenon");
}

int act_undo(struct act *act, struct journal *journal, struct err *err)
{
	struct boot boot = boot_now(act);
	bool rebooted = *boot.id && strcmp(boot.id, journal->boot);
	int ret = 0;

	if (!rebooted && still_hangs(act, journal)) {
		err_set(err, EBUSY, "process %d still hangs in the kernel with %s", journal->stuck,
			journal->devices[0]);
		return err_help(err, "Only a reboot ends that. Do not try again before.");
	}
	if (!journal_is_past(journal, boot.id)) {
		ret = journal_set_state(journal, JOURNAL_UNDOING, 0, err);
		if (!ret)
			ret = walk_back(act, journal, rebooted, err);
	}
	return ret ? ret : journal_remove(journal, act->store->directory, err);
}

int act_fail(struct act *act, struct journal *journal, struct err *err)
{
	struct err undo = { 0 };
	pid_t stuck = act->fx->stuck;
	int code = err->code;

	if (code == ETIMEDOUT) {
		journal_set_state(journal, JOURNAL_STUCK, stuck, &undo);
		return -code;
	}
	if (act_undo(act, journal, &undo)) {
		err_help(err, "Not all could be put back: %s. `tenon recover` tries again.",
			undo.text);
		return -code;
	}
	if (!err->help[0] && journal_keeps_devices(journal))
		err_help(err, "All is as it was before.");
	return -code;
}

int act_all(struct act *act, struct journal *journal, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < journal->nr_ops && !ret; i++)
		ret = act_step(act, journal, i, err);
	return ret;
}

int act_bind(struct act *act, const struct plan *plan, struct err *err)
{
	struct journal journal;
	int ret = -ENOENT;

	if (!plan->nr_ops)
		return 0;
	if (act_is_files_only(plan))
		ret = act_persist(act, plan, err);
	if (ret != -ENOENT || err->code)
		return ret;
	ret = act_check_free(act, plan, err);
	if (ret)
		return ret;
	ret = act_begin(act, "bind", plan, &journal, err);
	if (ret)
		return ret;
	ret = act_all(act, &journal, err);
	if (!ret)
		ret = journal_set_state(&journal, JOURNAL_BOUND, 0, err);
	if (ret)
		ret = act_fail(act, &journal, err);
	journal_close(&journal);
	return ret;
}

int act_reset(struct act *act, const struct plan *plan, struct err *err)
{
	struct journal journal;
	int ret = act_begin(act, "reset", plan, &journal, err);

	if (ret)
		return ret;
	ret = act_all(act, &journal, err);
	ret = ret ? act_fail(act, &journal, err) : act_undo(act, &journal, err);
	journal_close(&journal);
	return ret;
}

int act_borrow(struct act *act, const char *command, const struct plan *plan,
	int (*use)(void *arg, struct err *err), void *arg, struct err *err)
{
	struct journal journal;
	int ret = act_begin(act, command, plan, &journal, err);

	if (ret)
		return ret;
	ret = act_all(act, &journal, err);
	if (!ret)
		ret = use(arg, err);
	ret = ret ? act_fail(act, &journal, err) : act_undo(act, &journal, err);
	journal_close(&journal);
	return ret;
}
