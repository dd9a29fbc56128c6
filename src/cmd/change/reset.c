// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon reset`: resets a device, in the way that works best for it. */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "cmd/change/session.h"
#include "cmd/cmd.h"
#include "cmd/plan/plan.h"
#include "cmd/ui/json.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"
#include "host/plan/reset.h"
#include "host/scan/uses.h"

enum { OPT_METHOD = 1, OPT_DRY_RUN, OPT_FORCE };

static const char help[] =
	"Usage: tenon reset [OPTIONS] BDF\n"
	"\n"
	"Resets a device. Of the ways that it has, the one is taken that graphics cards come back\n"
	"from, which is not the kernel's order. A reset of the link above it takes all functions\n"
	"of the card along, and is done only where VFIO has them all and no guest uses them.\n"
	"\n"
	"      --method NAME  this way: device_specific, flr, af_flr, slot, bus, cxl_bus, acpi, "
	"pm\n"
	"      --dry-run      only say which ways there are, and which would be taken\n"
	"      --force        although a driver works with it, or firmware started it\n"
	"      --sysroot DIR  the files below DIR instead of this host's\n"
	"      --json         print JSON (docs/json.md)\n"
	"  -v, --verbose      say each step\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit codes: 0 done; 1 refused, or with --dry-run: it would be; 2 wrong usage; 3 it "
	"failed.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "method", required_argument, NULL, OPT_METHOD },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "force", no_argument, NULL, OPT_FORCE },
	SOURCE_OPTIONS,
	{ 0 },
};

struct reset_args {
	struct source_args source;
	int method; /* -1: the best */
	bool dry_run, force, verbose;
};

enum reset_outcome { DONE, PLANNED, REFUSED, FAILED };

struct reset_run {
	const struct reset_args *args;
	struct view view;
	struct uses uses;
	struct reset_plan plan;
	u32 failed; /* methods that were tried in vain */
	enum reset_outcome outcome;
	struct err err;
};

static const struct reset_way *chosen(const struct reset_run *reset)
{
	return reset->plan.chosen < 0 ? NULL : &reset->plan.ways[reset->plan.chosen];
}

/* For a person */

static void print_ways(const struct reset_run *reset, const struct term *term)
{
	static const struct table_column columns[] = {
		{ "  METHOD" },
		{ "USABLE" },
		{ "WHY", .least = 20 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	for (unsigned i = 0; table && i < reset->plan.nr_ways; i++) {
		const struct reset_way *way = &reset->plan.ways[i];

		table_cell(table, (int)i == reset->plan.chosen ? STRONG : PLAIN, "%s %s",
			(int)i == reset->plan.chosen ? ">" : " ", reset_method_name(way->method));
		table_text(table, way->usable ? GOOD : BAD, way->usable ? "yes" : "no");
		table_text(table, PLAIN, way->why);
	}
	if (table && reset->plan.nr_ways)
		table_print(table, term);
	table_free(table);
}

static void print_company(struct reset_run *reset, const struct term *term)
{
	const struct reset_way *way = chosen(reset);
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

	if (!way || way->method != RESET_SLOT || !reset->plan.nr_company)
		return;
	fputs("\nAlong with it:\n", term->out);
	for (unsigned i = 0; i < reset->plan.nr_company; i++) {
		const struct host_dev *dev = &reset->view.host.devs[reset->plan.company[i]];

		fprintf(term->out, "  %s  %s\n", pci_addr_text(dev->addr, addr),
			view_name(&reset->view, dev, name));
	}
}

static void print_text(struct reset_run *reset)
{
	const struct host_dev *dev = &reset->view.host.devs[reset->plan.dev];
	struct term term = term_of(stdout);
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

	pci_addr_text(dev->addr, addr);
	if (reset->args->dry_run || reset->outcome == REFUSED) {
		term_print(&term, STRONG, "%s  %s\n", addr, view_name(&reset->view, dev, name));
		print_ways(reset, &term);
		print_company(reset, &term);
		if (reset->plan.remark)
			term_paragraph(&term, "\n", 0, reset->plan.remark);
	}
	if (reset->outcome == DONE)
		printf("%s was reset by '%s', and answers\n", addr,
			reset_method_name(chosen(reset)->method));
}

/* As JSON */

static struct json_object *way_json(const struct reset_way *way)
{
	struct json_object *json = json_object_new_object();

	json_add_text(json, "method", reset_method_name(way->method));
	json_add_bool(json, "usable", way->usable);
	json_add_text(json, "why", way->why);
	return json;
}

static void print_json(struct reset_run *reset)
{
	static const char *const outcomes[] = {
		[DONE] = "reset",
		[PLANNED] = "planned",
		[REFUSED] = "refused",
		[FAILED] = "failed",
	};
	struct json_object *json = json_object_new_object();
	struct json_object *ways = json_object_new_array();
	struct json_object *company = json_object_new_array();
	const struct host *host = &reset->view.host;

	for (unsigned i = 0; i < reset->plan.nr_ways; i++)
		json_object_array_add(ways, way_json(&reset->plan.ways[i]));
	for (unsigned i = 0; i < reset->plan.nr_company; i++)
		json_object_array_add(company, json_addr(host->devs[reset->plan.company[i]].addr));
	json_add_addr(json, "device", host->devs[reset->plan.dev].addr);
	json_add(json, "methods", ways);
	json_add_text(
		json, "method", chosen(reset) ? reset_method_name(chosen(reset)->method) : NULL);
	json_add(json, "on_the_link", company);
	json_add_text(json, "remark", reset->plan.remark);
	json_add(json, "objections", plan_objections_json(&reset->plan.base));
	json_add_text(json, "result", outcomes[reset->outcome]);
	json_add_text(json, "error", reset->outcome == FAILED ? reset->err.text : NULL);
	json_print(json);
}

/* The work */

static int make_plan(struct reset_run *reset, const struct sysroot *sysroot, unsigned dev)
{
	const struct reset_facts facts = {
		.host = &reset->view.host,
		.uses = &reset->uses,
		.vendor_reset = sysroot_exists(sysroot, "/sys/module/vendor_reset"),
	};
	int ret = scan_guests(&reset->uses, &reset->view.host, sysroot);

	if (!ret)
		ret = reset_plan(&reset->plan, &facts, dev, reset->args->method, reset->failed);
	return ret ? err_sys(&reset->err, -ret, "cannot make a plan") : 0;
}

static enum reset_outcome execute(struct reset_run *reset, struct session *session)
{
	const struct plan *base = &reset->plan.base;

	if (!plan_allowed(base, reset->args->force))
		return REFUSED;
	if (reset->args->dry_run)
		return PLANNED;
	return act_reset(&session->act, base, &reset->err) ? FAILED : DONE;
}

/* What the kernel lists it may still find impossible when it comes to it; then the next best. */
static int try_all(struct reset_run *reset, struct session *session, unsigned dev)
{
	for (;;) {
		int ret = make_plan(reset, &session->sysroot, dev);

		if (ret)
			return ret;
		reset->outcome = execute(reset, session);
		if (reset->outcome != FAILED || reset->err.code != ENOTTY ||
			reset->args->method >= 0)
			return 0;
		log_warn("%s", reset->err.text);
		reset->failed |= BIT(chosen(reset)->method);
		err_clear(&reset->err);
		reset_plan_close(&reset->plan);
	}
}

static int show(struct reset_run *reset)
{
	plan_print_objections(&reset->plan.base, reset->args->force);
	if (reset->args->source.json)
		print_json(reset);
	else
		print_text(reset);
	if (reset->outcome != FAILED)
		return reset->outcome == REFUSED ? EXIT_FINDINGS : EXIT_FINE;
	log_err(&reset->err);
	if (reset->plan.remark)
		log_error("%s", reset->plan.remark);
	return EXIT_CANNOT;
}

/* A dry run neither waits for another tenon nor makes the store. */
static int open_session(struct session *session, const struct reset_args *args, struct err *err)
{
	const char *sysroot = args->source.scan.sysroot;

	if (!args->dry_run)
		return session_open(session, sysroot, args->verbose, err);
	*session = (struct session){ .store = { .directory = -1, .lock = -1 } };
	return sysroot_open(&session->sysroot, sysroot, err);
}

static int run(const struct reset_args *args, const char *text)
{
	struct reset_run reset = { .args = args };
	struct session session;
	int code, dev;

	if (open_session(&session, args, &reset.err)) {
		log_err(&reset.err);
		session_close(&session);
		return EXIT_CANNOT;
	}
	code = view_open(&reset.view, &args->source, false);
	if (code < 0) {
		dev = source_device(&reset.view.host, "reset", text, &code);
		if (dev != HOST_NONE && try_all(&reset, &session, dev)) {
			log_err(&reset.err);
			code = EXIT_CANNOT;
		} else if (dev != HOST_NONE) {
			code = show(&reset);
		}
	}
	reset_plan_close(&reset.plan);
	view_close(&reset.view);
	session_close(&session);
	return code;
}

/* Returns -1, or the exit code to end with. */
static int parse(struct reset_args *args, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return EXIT_FINE;
		case 'v':
			args->verbose = true;
			break;
		case OPT_METHOD:
			args->method = reset_method_find(optarg);
			if (args->method < 0)
				return source_usage("reset", "no such method:", optarg);
			break;
		case OPT_DRY_RUN:
			args->dry_run = true;
			break;
		case OPT_FORCE:
			args->force = true;
			break;
		default:
			if (option != OPT_SOURCE_LSPCI &&
				source_option(&args->source, option, optarg))
				break;
			return source_usage("reset", "there is no such option, or it lacks a value",
				argv[optind - 1]);
		}
	}
	return -1;
}

int cmd_reset(int argc, char **argv)
{
	struct reset_args args = { .method = -1 };
	int code = parse(&args, argc, argv);

	if (code >= 0)
		return code;
	if (optind == argc)
		return source_usage("reset", "name a device by its PCI address", NULL);
	if (optind + 1 < argc)
		return source_usage("reset", "one device at a time; left over:", argv[optind + 1]);
	return run(&args, argv[optind]);
}
