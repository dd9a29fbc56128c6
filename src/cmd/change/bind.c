// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon bind`: gives devices to VFIO. */
#include <stdio.h>

#include "base/log.h"
#include "cmd/change/session.h"
#include "cmd/plan/plan.h"
#include "cmd/ui/json.h"

struct bind_args {
	struct plan_args plan;
	bool verbose;
};

static const struct cmd_option options[] = {
	PLAN_OPTIONS(struct bind_args, plan),
	CHANGE_OPTIONS(struct bind_args, plan.source.scan.sysroot, plan.source.json, verbose),
	{ 0 },
};

enum bind_outcome { BOUND, ALREADY, REFUSED, FAILED };

static void print_json(struct planning *planning, enum bind_outcome outcome, const struct err *err)
{
	static const char *const names[] = {
		[BOUND] = "bound",
		[ALREADY] = "already",
		[REFUSED] = "refused",
		[FAILED] = "failed",
	};
	struct json_object *json = plan_json(planning);

	json_add_text(json, "result", names[outcome]);
	json_add_text(json, "error", outcome == FAILED ? err->text : NULL);
	json_print(json);
}

static void print_text(struct planning *planning, enum bind_outcome outcome)
{
	const struct plan *plan = &planning->plan;
	struct term term = term_of(stdout);

	if (outcome == FAILED || outcome == REFUSED)
		return;
	for (unsigned i = 0; i < plan->nr_devices; i++)
		printf("%s %s %s\n", plan->devices[i].name,
			plan->devices[i].ready ? "has" : "went to", plan->devices[i].driver);
	if (plan->after && outcome == BOUND)
		printf("Run `%s` to make it survive a reboot.\n", plan->after);
	puts("A guest gets them with:");
	plan_print_run(planning, &term);
}

static enum bind_outcome execute(struct session *session, const struct planning *planning,
	const struct plan_args *args, struct err *err)
{
	const struct plan *plan = &planning->plan;

	plan_print_objections(plan, args->force);
	if (!plan_allowed(plan, args->force))
		return REFUSED;
	if (!plan->nr_ops || act_is_persisted(&session->act, plan))
		return ALREADY;
	return act_bind(&session->act, plan, err) ? FAILED : BOUND;
}

/* Makes the plan, and makes it anew if that shows that an earlier bind is over. */
static int make_plan(struct session *session, struct planning *planning,
	const struct plan_args *args, struct err *err)
{
	int ret = planning_open(planning, args, err);

	if (!ret && plan_allowed(&planning->plan, args->force))
		ret = act_end_over(&session->act, &planning->plan, err);
	if (ret <= 0)
		return ret;
	planning_close(planning);
	return planning_open(planning, args, err);
}

static int bind_and_tell(struct session *session, const struct plan_args *args, struct err *err)
{
	enum bind_outcome outcome;
	struct planning planning;
	struct err failure = { 0 };
	int code = EXIT_CANNOT;

	if (!make_plan(session, &planning, args, err)) {
		outcome = execute(session, &planning, args, &failure);
		if (args->source.json)
			print_json(&planning, outcome, &failure);
		else
			print_text(&planning, outcome);
		code = outcome == FAILED    ? EXIT_CANNOT
		       : outcome == REFUSED ? EXIT_FINDINGS
					    : EXIT_FINE;
		/* With --json the document contains the error. */
		if (outcome == FAILED)
			log_err(&failure);
	}
	planning_close(&planning);
	return code;
}

static int bind_main(const struct cmd_call *call, struct err *err)
{
	const struct bind_args *args = call->args;
	struct session session;
	int code = EXIT_CANNOT;

	if (!session_open(&session, args->plan.source.scan.sysroot, args->verbose, err))
		code = bind_and_tell(&session, &args->plan, err);
	session_close(&session);
	return code;
}

static int bind_operands(const struct cmd_call *call, struct err *err)
{
	struct bind_args *args = call->args;

	return plan_devices(&args->plan, call->operands, call->nr_operands, err);
}

static void bind_close_args(void *args)
{
	plan_args_close(&((struct bind_args *)args)->plan);
}

static const char *bind_done(const struct cmd_call *call, int code)
{
	return code == EXIT_FINE
		       ? "The devices are with VFIO all the same: `tenon list` shows them."
		       : NULL;
}

const struct cmd cmd_bind = {
	.name = "bind",
	.summary = "give devices to VFIO, for a virtual machine",
	.operands = "ADDRESS...",
	.description = "Gives PCI devices to VFIO, each with the rest of its IOMMU group and slot, "
		       "so that a\n"
		       "virtual machine can have them. `tenon plan` says beforehand what this "
		       "does, `tenon\n"
		       "release ADDRESS` takes it back.\n",
	.options = options,
	.notes = "After the exit codes 1 and 3 the host is as before, unless the message says "
		 "otherwise.\n",
	.exits = { "done", "refused", NULL, "it failed" },
	.args_size = sizeof(struct bind_args),
	.take_operands = bind_operands,
	.main = bind_main,
	.done = bind_done,
	.close = bind_close_args,
};
