// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon reset`: resets a device with the method that works best for it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/change/session.h"
#include "cmd/plan/plan.h"
#include "cmd/ui/json.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"
#include "host/plan/reset.h"
#include "host/scan/uses.h"

#define METHODS "device_specific|flr|af_flr|slot|bus|cxl_bus|acpi|pm"

struct reset_args {
	struct source_args source;
	struct pci_addr addr;
	int method; /* -1: the best one */
	bool dry_run, force, verbose;
};

static int apply_method(void *method, char *value, struct err *err)
{
	*(int *)method = reset_method_find(value);
	if (*(int *)method >= 0)
		return 0;
	return err_set(err, EINVAL, "--method is one of %s, not '%s'", METHODS, value);
}

static const struct cmd_option options[] = {
	{ "method", 0, OPTION_VALUE, METHODS, "this way", apply_method,
		.field = offsetof(struct reset_args, method) },
	{ "dry-run", 0, OPTION_FLAG, NULL,
		"only say which ways there are, and which would be taken",
		.field = FLAG_FIELD(struct reset_args, dry_run) },
	{ "force", 0, OPTION_FLAG, NULL, "although a driver works with it, or firmware started it",
		.field = FLAG_FIELD(struct reset_args, force) },
	TERM_OPTION_WIDE,
	CHANGE_OPTIONS(struct reset_args, source.scan.sysroot, source.json, verbose),
	{ 0 },
};

enum reset_outcome { DONE, PLANNED, REFUSED, FAILED };

struct reset_run {
	const struct reset_args *args;
	struct view view;
	struct uses uses;
	struct reset_plan plan;
	u32 failed; /* methods that were tried and failed */
	enum reset_outcome outcome;
	struct err err;
};

static const struct reset_way *chosen(const struct reset_run *reset)
{
	return reset->plan.chosen < 0 ? NULL : &reset->plan.ways[reset->plan.chosen];
}

/* Output as text */

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

		fprintf(term->out, "  %s  ", pci_addr_text(dev->addr, addr));
		term_cut(term, PLAIN, view_name(&reset->view, dev, name),
			term_left(term, strlen(addr) + 4));
		fputc('\n', term->out);
	}
}

static void print_text(struct reset_run *reset)
{
	const struct host_dev *dev = &reset->view.host.devs[reset->plan.dev];
	struct term term = term_of(stdout);
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

	pci_addr_text(dev->addr, addr);
	if (reset->args->dry_run || reset->outcome == REFUSED) {
		term_print(&term, STRONG, "%s  ", addr);
		term_cut(&term, STRONG, view_name(&reset->view, dev, name),
			term_left(&term, strlen(addr) + 2));
		fputc('\n', term.out);
		print_ways(reset, &term);
		print_company(reset, &term);
		if (reset->plan.remark)
			term_paragraph(&term, "\n", 0, reset->plan.remark);
	}
	if (reset->outcome == DONE)
		printf("%s was reset by '%s', and answers\n", addr,
			reset_method_name(chosen(reset)->method));
}

/* Output as JSON */

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

/* The reset itself */

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

/* Tries the methods in order: the kernel may list a method and then fail to do it. */
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
	/* With --json the document contains the error. */
	log_err(&reset->err);
	if (reset->plan.remark)
		log_error("%s", reset->plan.remark);
	return EXIT_CANNOT;
}

/* A dry run neither waits for another tenon process nor creates the store. */
static int open_session(struct session *session, const struct reset_args *args, struct err *err)
{
	const char *sysroot = args->source.scan.sysroot;

	if (!args->dry_run)
		return session_open(session, sysroot, args->verbose, err);
	*session = (struct session){ .store = { .directory = -1, .lock = -1 } };
	return sysroot_open(&session->sysroot, sysroot, err);
}

static int reset_one(struct reset_run *reset, struct session *session, struct err *err)
{
	int dev, code = EXIT_CANNOT;

	if (view_open(&reset->view, &reset->args->source, false, err))
		return code;
	dev = source_device(&reset->view.host, reset->args->addr, err);
	if (dev == HOST_NONE)
		return code;
	if (try_all(reset, session, dev))
		*err = reset->err;
	else
		code = show(reset);
	return code;
}

static int reset_main(const struct cmd_call *call, struct err *err)
{
	const struct reset_args *args = call->args;
	struct reset_run reset = { .args = args };
	struct session session;
	int code = EXIT_CANNOT;

	if (!open_session(&session, args, err))
		code = reset_one(&reset, &session, err);
	reset_plan_close(&reset.plan);
	view_close(&reset.view);
	session_close(&session);
	return code;
}

static void reset_init(void *args)
{
	((struct reset_args *)args)->method = -1;
}

static int reset_operands(const struct cmd_call *call, struct err *err)
{
	struct reset_args *args = call->args;

	return source_addr(call->operands[0], &args->addr, err);
}

static const char *reset_done(const struct cmd_call *call, int code)
{
	const struct reset_args *args = call->args;

	return args->dry_run || code != EXIT_FINE ? NULL : "The device was reset all the same.";
}

const struct cmd cmd_reset = {
	.name = "reset",
	.summary = "reset a device, in the way that works best for it",
	.operands = "ADDRESS",
	.description = "Resets a device. Of the ways that it has, the one is taken that graphics "
		       "cards come back\n"
		       "from, which is not the kernel's order. A reset of the link above it takes "
		       "all functions\n"
		       "of the card along, and is done only where VFIO has them all and no guest "
		       "uses them.\n",
	.options = options,
	.exits = { "done", "refused, or with --dry-run: it would be", NULL, "it failed" },
	.args_size = sizeof(struct reset_args),
	.init = reset_init,
	.take_operands = reset_operands,
	.main = reset_main,
	.done = reset_done,
};
