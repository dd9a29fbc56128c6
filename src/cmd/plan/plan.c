// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon plan`: what giving devices to VFIO would do. Changes nothing. */
#include "cmd/plan/plan.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/ui/json.h"

static const char help[] =
	"Usage: tenon plan [OPTIONS] BDF...\n"
	"\n"
	"Says what `tenon bind` would do to give these devices to VFIO, each with the rest of its\n"
	"IOMMU group and slot; what speaks against it; and how a guest could start with the card.\n"
	"\n" PLAN_HELP SOURCE_HELP "\n"
	"Exit codes: 0 nothing speaks against it, 1 something does, 2 wrong usage, 3 not "
	"possible.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	PLAN_OPTIONS,
	SOURCE_OPTIONS,
	{ 0 },
};

static int run(const struct plan_args *args)
{
	struct planning planning;
	int code = planning_open(&planning, args);

	if (code < 0) {
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

int cmd_plan(int argc, char **argv)
{
	struct plan_args args = { 0 };
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (source_option(&args.source, option, optarg))
			continue;
		code = plan_option(&args, "plan", option, optarg);
		if (code < 0)
			return EXIT_USAGE;
		if (!code)
			return source_usage("plan", "there is no such option, or it lacks a value",
				argv[optind - 1]);
	}
	code = plan_devices(&args, "plan", argc - optind, argv + optind);
	if (code < 0)
		code = run(&args);
	plan_args_close(&args);
	return code;
}
