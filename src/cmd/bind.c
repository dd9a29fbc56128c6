// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon bind`: gives devices to VFIO. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/act.h"
#include "cmd/cmd.h"
#include "host/scan/scan.h"

static const struct act_syntax syntax = {
	.name = "bind",
	.options = ARGS_FORCE | ARGS_DRIVER,
	.min_devices = 1,
	.max_devices = 256,
	.help = "Usage: tenon bind [OPTIONS] BDF...\n"
		"\n"
		"Gives PCI devices to VFIO, each with the rest of its IOMMU group and slot, so "
		"that\n"
		"a virtual machine can have them. `tenon release BDF` gives them back.\n"
		"\n"
		"  --force        also the display that the firmware started\n"
		"  --driver NAME  this driver instead of vfio-pci\n"
		"  --sysroot DIR  on the files below DIR\n"
		"  -v, --verbose  say each step\n"
		"\n"
		"Exit codes: 0 done, 2 wrong usage, 3 not possible; nothing is changed then.\n",
};

static void print_objections(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->objection_count; i++) {
		const struct plan_objection *o = &plan->objections[i];

		log_error("%s", o->text);
		if (o->help)
			fprintf(stderr, "  %s\n", o->help);
	}
}

static void print_done(const struct plan *plan, const char *driver)
{
	for (unsigned i = 0; i < plan->device_count; i++)
		printf("%s %s %s\n", plan->devices[i].name,
			plan->devices[i].ready ? "has already" : "->", driver);
}

static int bind_locked(struct act_session *session, const struct act_args *args, struct err *err)
{
	const struct plan_request request = { args->devices, args->count, args->driver };
	struct host host = { 0 };
	const struct plan_facts facts = { &host };
	struct plan plan = { 0 };
	int rc = scan_sysfs(&host, &session->tree, 0, err);

	if (!rc) {
		rc = plan_bind(&plan, &facts, &request);
		if (rc)
			err_sys(err, -rc, "cannot make a plan");
	}
	if (!rc && !plan_allowed(&plan, args->force)) {
		print_objections(&plan);
		rc = err_set(err, EPERM, "nothing is changed");
	}
	if (!rc)
		rc = act_bind(&session->act, &plan, err);
	if (!rc)
		print_done(&plan, args->driver ? args->driver : "vfio-pci");
	plan_close(&plan);
	host_close(&host);
	return rc;
}

int cmd_bind(int argc, char **argv)
{
	struct act_session session;
	struct err err = { 0 };
	struct act_args args;
	int rc = act_parse(&args, &syntax, argc, argv);

	if (rc >= 0)
		goto out;
	rc = act_session_open(&session, args.sysroot, &err);
	if (!rc)
		rc = bind_locked(&session, &args, &err);
	act_session_close(&session);
	if (rc)
		log_err(&err);
	rc = rc ? EXIT_CANNOT : EXIT_FINE;
out:
	free(args.devices);
	return rc;
}
