// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon plan`: what binding devices to VFIO would do. Changes nothing. */
#include "cmd/plan/plan.h"

#include "cmd/ui/json.h"
#include "cmd/ui/term.h"

struct args {
	struct plan_args plan;
};

static const struct cmd_option options[] = {
	PLAN_OPTIONS(struct args, plan),
	{ "take-display", 0, OPTION_FLAG, NULL,
		"what `tenon run --take-display` would do: the host's desktop\n"
		"lets go of them first",
		.field = FLAG_FIELD(struct args, plan.request.take_display) },
	TERM_OPTION_WIDE,
	SOURCE_OPTIONS(struct args, plan.source),
	{ 0 },
};

static int plan_main(const struct cmd_call *call, struct err *err)
{
	const struct plan_args *args = &((const struct args *)call->args)->plan;
	struct planning planning;
	int code = EXIT_CANNOT;

	if (!planning_open(&planning, args, err)) {
		bool allowed = plan_allowed(&planning.plan, args->force);
		struct json_object *json = args->source.json ? plan_json(&planning) : NULL;

		if (json) {
			json_add_bool(json, "allowed", allowed);
			json_print(json);
		} else {
			plan_print(&planning, true);
		}
		code = allowed ? EXIT_FINE : EXIT_FINDINGS;
	}
	planning_close(&planning);
	return code;
}

static int plan_operands(const struct cmd_call *call, struct err *err)
{
	struct args *args = call->args;

	return plan_devices(&args->plan, call->operands, call->nr_operands, err);
}

static void plan_close_args(void *args)
{
	plan_args_close(&((struct args *)args)->plan);
}

const struct cmd cmd_plan = {
	.name = "plan",
	.summary = "say what giving devices to VFIO would do",
	.operands = "ADDRESS...",
	.description = "Says what `tenon bind` would do to give these devices to VFIO, each with "
		       "the rest of its\n"
		       "IOMMU group and slot; what speaks against it; and how a guest could start "
		       "with the card.\n",
	.options = options,
	.exits = { "nothing speaks against it", "something does" },
	.args_size = sizeof(struct args),
	.take_operands = plan_operands,
	.check = source_check,
	.main = plan_main,
	.close = plan_close_args,
};
