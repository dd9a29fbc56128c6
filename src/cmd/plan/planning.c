// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/plan/plan.h"
#include "host/scan/modules.h"
#include "host/scan/uses.h"

int plan_option(struct plan_args *args, const char *command, int option, const char *value)
{
	switch (option) {
	case OPT_PLAN_FOR:
		if (!plan_mode_find(value, &args->request.mode))
			return 1;
		source_usage(command, "--for takes auto, uefi, bios or secondary, not", value);
		return -EINVAL;
	case OPT_PLAN_DRIVER:
		/* It becomes a part of paths. */
		if (*value && *value != '.' && !strchr(value, '/')) {
			args->request.driver = value;
			return 1;
		}
		source_usage(command, "not the name of a driver:", value);
		return -EINVAL;
	case OPT_PLAN_PERSIST:
		args->request.persist = true;
		return 1;
	case OPT_PLAN_FORCE:
		args->force = true;
		return 1;
	}
	return 0;
}

int plan_devices(struct plan_args *args, const char *command, int argc, char **argv)
{
	if (!argc)
		return source_usage(command, "name a device by its PCI address", NULL);
	args->devices = calloc(argc, sizeof(*args->devices));
	if (!args->devices) {
		log_error("memory ran out");
		return EXIT_CANNOT;
	}
	for (int i = 0; i < argc; i++)
		if (pci_addr_parse(argv[i], &args->devices[i]))
			return source_usage(
				command, "not a PCI address (0000:01:00.0 or 01:00.0):", argv[i]);
	args->request.devices = args->devices;
	args->request.count = argc;
	return -1;
}

void plan_args_close(struct plan_args *args)
{
	free(args->devices);
	args->devices = NULL;
}

/* What only files say; the text of an lspci has none of it. */
static int scan_more(struct planning *planning, const struct source_args *source, struct err *err)
{
	struct host *host = &planning->view.host;
	int ret = sysroot_open(&planning->sysroot, source->scan.sysroot, err);

	if (ret)
		return ret;
	planning->files = true;
	ret = scan_uses(&planning->uses, host, &planning->sysroot);
	if (!ret)
		ret = scan_modules(&planning->modules, host, &planning->sysroot);
	return ret ? err_sys(err, -ret, "cannot hold what uses the devices") : 0;
}

int planning_look(struct planning *planning, const struct source_args *source, bool predict)
{
	struct err err = { 0 };
	int code;

	*planning = (struct planning){ .sysroot = { .fd = -1 } };
	code = view_open(&planning->view, source, predict);
	if (code >= 0)
		return code;
	if (source->scan.lspci || !scan_more(planning, source, &err))
		return -1;
	log_err(&err);
	return EXIT_CANNOT;
}

int planning_make(struct planning *planning, const struct plan_request *request)
{
	int ret = planning_read_roms(planning, request);
	struct err err = { 0 };

	if (!ret) {
		const struct plan_facts facts = {
			.host = &planning->view.host,
			.uses = planning->files ? &planning->uses : NULL,
			.modules = planning->files ? &planning->modules : NULL,
			.roms = planning->roms,
			.nr_roms = planning->nr_roms,
		};

		ret = plan_bind(&planning->plan, &facts, request);
	}
	if (!ret)
		return -1;
	err_sys(&err, -ret, "cannot make a plan");
	log_err(&err);
	return EXIT_CANNOT;
}

int planning_open(struct planning *planning, const struct plan_args *args)
{
	int code = planning_look(planning, &args->source, false);

	return code < 0 ? planning_make(planning, &args->request) : code;
}

void planning_close(struct planning *planning)
{
	plan_close(&planning->plan);
	free(planning->roms);
	planning->roms = NULL;
	sysroot_close(&planning->sysroot);
	view_close(&planning->view);
}
