// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon bind`: gives devices to VFIO. */
#include <stdio.h>

#include "base/log.h"
#include "cmd/change/session.h"
#include "cmd/cmd.h"
#include "cmd/plan/plan.h"
#include "cmd/ui/json.h"

static const char help[] =
	"Usage: tenon bind [OPTIONS] BDF...\n"
	"\n"
	"Gives PCI devices to VFIO, each with the rest of its IOMMU group and slot, so that a\n"
	"virtual machine can have them. `tenon plan` says beforehand what this does, `tenon\n"
	"release BDF` takes it back.\n"
	"\n" PLAN_HELP "      --sysroot DIR  the files below DIR instead of this host's\n"
	"      --json         print JSON (docs/json.md)\n"
	"  -v, --verbose      say each step\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit codes: 0 done, 1 refused, 2 wrong usage, 3 it failed; after 1 and 3 the host is as\n"
	"before, unless the message says otherwise.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	PLAN_OPTIONS,
	SOURCE_OPTIONS,
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

	if (outcome == FAILED || outcome == REFUSED)
		return;
	for (unsigned i = 0; i < plan->nr_devices; i++)
		printf("%s %s %s\n", plan->devices[i].name,
			plan->devices[i].ready ? "has" : "went to", plan->devices[i].driver);
	if (plan->after)
		printf("Run `%s` to make it survive a reboot.\n", plan->after);
}

static enum bind_outcome execute(struct session *session, const struct planning *planning,
	const struct plan_args *args, struct err *err)
{
	const struct plan *plan = &planning->plan;

	plan_print_objections(plan, args->force);
	if (!plan_allowed(plan, args->force))
		return REFUSED;
	if (!plan->nr_ops)
		return ALREADY;
	return act_bind(&session->act, plan, err) ? FAILED : BOUND;
}

static int run(const struct plan_args *args, bool verbose)
{
	struct planning planning;
	struct session session;
	struct err err = { 0 };
	enum bind_outcome outcome;
	int code;

	if (session_open(&session, args->source.scan.sysroot, verbose, &err)) {
		log_err(&err);
		session_close(&session);
		return EXIT_CANNOT;
	}
	code = planning_open(&planning, args);
	if (code < 0) {
		outcome = execute(&session, &planning, args, &err);
		if (args->source.json)
			print_json(&planning, outcome, &err);
		else
			print_text(&planning, outcome);
		if (outcome == FAILED)
			log_err(&err);
		code = outcome == FAILED    ? EXIT_CANNOT
		       : outcome == REFUSED ? EXIT_FINDINGS
					    : EXIT_FINE;
	}
	planning_close(&planning);
	session_close(&session);
	return code;
}

/* Returns -1, or the exit code to end with. */
static int parse(struct plan_args *args, bool *verbose, int argc, char **argv)
{
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (option == 'v') {
			*verbose = true;
			continue;
		}
		if (option != OPT_SOURCE_LSPCI && source_option(&args->source, option, optarg))
			continue;
		code = plan_option(args, "bind", option, optarg);
		if (code < 0)
			return EXIT_USAGE;
		if (!code)
			return source_usage("bind", "there is no such option, or it lacks a value",
				argv[optind - 1]);
	}
	return plan_devices(args, "bind", argc - optind, argv + optind);
}

int cmd_bind(int argc, char **argv)
{
	struct plan_args args = { 0 };
	bool verbose = false;
	int code = parse(&args, &verbose, argc, argv);

	if (code < 0)
		code = run(&args, verbose);
	plan_args_close(&args);
	return code;
}
