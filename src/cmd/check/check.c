// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon check`: whether a host is ready to assign devices to guests. Changes nothing. */
#include "cmd/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "cmd/ui/json.h"
#include "cmd/ui/options.h"
#include "cmd/ui/term.h"
#include "host/scan/platform.h"

#define DEFAULT_MEMORY (2 * GIB)

struct check_args {
	struct source_args source;
	bool verbose;
	u64 memory;
	enum plan_mode mode;
	struct pci_addr *devices;
	unsigned nr_devices;
};

static int apply_memory(void *memory, char *value, struct err *err)
{
	int ret = option_size(value, MIB, memory, err);

	if (!ret && !*(u64 *)memory)
		ret = err_set(err, EINVAL, "'%s' is not a size such as 512M or 2G", value);
	return ret ? err_wrap(err, "--memory") : 0;
}

static const struct cmd_option options[] = {
	{ "memory", 0, OPTION_VALUE, "SIZE", "the guest's memory, e.g. 16G (default 2G)",
		apply_memory, .field = offsetof(struct check_args, memory) },
	{ "for", 0, OPTION_VALUE, "auto|uefi|bios|secondary",
		"how it is to start with the card (default auto: what its ROM\nallows)",
		plan_apply_mode, .field = offsetof(struct check_args, mode) },
	{ "verbose", 'v', OPTION_FLAG, NULL, "also what is fine, with the evidence",
		.field = FLAG_FIELD(struct check_args, verbose) },
	TERM_OPTION_WIDE,
	SOURCE_OPTIONS(struct check_args, source),
	{ 0 },
};

/*
 * Chooses the graphics cards to check if the user names none: not the host's own display, if there
 * is another.
 */
static unsigned choose_cards(const struct host *host, struct pci_addr *cards)
{
	unsigned count = 0;

	for (unsigned own = 0; own < 2 && !count; own++)
		for (unsigned i = 0; i < host->count; i++)
			if (host_is_card(&host->devs[i]) && (own || !host->devs[i].boot_vga))
				cards[count++] = host->devs[i].addr;
	return count;
}

static int find_devices(const struct check_args *args, const struct host *host,
	struct pci_addr *cards, unsigned *count, struct err *err)
{
	char text[PCI_ADDR_SIZE];

	if (!args->nr_devices)
		*count = choose_cards(host, cards);
	for (unsigned i = 0; i < args->nr_devices; i++) {
		int dev = source_device(host, args->devices[i], err);

		if (dev == HOST_NONE)
			return -err->code;
		if (!host_is_assignable(&host->devs[dev]))
			return err_set(err, EINVAL,
				"%s is a bridge or another part of the host itself, which no "
				"guest can have",
				pci_addr_text(args->devices[i], text));
		cards[(*count)++] = host->devs[dev].addr;
	}
	return 0;
}

static int report(
	struct checking *checking, const struct check_args *args, unsigned *devs, struct err *err)
{
	struct planning *planning = &checking->planning;
	const struct plan *plan = &planning->plan;
	int ret = planning->files ? scan_platform(&checking->platform, &planning->view.host,
					    &planning->view.sysroot)
				  : 0;

	for (unsigned i = 0; i < plan->nr_devices; i++)
		devs[i] = plan->devices[i].dev;
	checking->facts = (struct check_facts){
		.host = &planning->view.host,
		.kernel = &planning->view.kernel,
		.predicted = &planning->view.predicted,
		.uses = planning->files ? &planning->uses : NULL,
		.platform = planning->files ? &checking->platform : NULL,
		.modules = planning->files ? &planning->modules : NULL,
		.roms = planning->roms,
		.nr_roms = planning->nr_roms,
		.devs = devs,
		.nr_devs = plan->nr_devices,
		.memory = args->memory,
		.mode = args->mode,
	};
	if (!ret)
		ret = report_make(&checking->report, &checking->facts);
	if (ret) {
		err_sys(err, -ret, "cannot make the report");
		return EXIT_CANNOT;
	}
	if (args->source.json)
		json_print(check_json(checking));
	else
		check_print(checking, args->verbose);
	return report_is_ready(&checking->report) ? EXIT_FINE : EXIT_FINDINGS;
}

static int check_main(const struct cmd_call *call, struct err *err)
{
	const struct check_args *args = call->args;
	struct checking checking = { 0 };
	struct planning *planning = &checking.planning;
	int ret = planning_look(planning, &args->source, true, err), code = EXIT_CANNOT;
	unsigned most = planning->view.host.count + args->nr_devices + 1;
	own_free struct pci_addr *cards = calloc(most, sizeof(*cards));
	own_free unsigned *devs = calloc(most, sizeof(*devs));
	struct plan_request request = { .devices = cards };

	if (!ret && (!cards || !devs))
		ret = err_sys(err, ENOMEM, "cannot hold the devices");
	if (!ret)
		ret = find_devices(args, &planning->view.host, cards, &request.count, err);
	if (!ret)
		ret = planning_make(planning, &request, err);
	if (!ret)
		code = report(&checking, args, devs, err);
	report_close(&checking.report);
	planning_close(planning);
	return code;
}

static void check_init(void *args)
{
	((struct check_args *)args)->memory = DEFAULT_MEMORY;
}

static int check_operands(const struct cmd_call *call, struct err *err)
{
	struct check_args *args = call->args;
	int ret = 0;

	args->devices = calloc(call->nr_operands + 1, sizeof(*args->devices));
	if (!args->devices)
		return err_sys(err, ENOMEM, "cannot hold the addresses");
	for (unsigned i = 0; i < call->nr_operands && !ret; i++)
		ret = source_addr(call->operands[i], &args->devices[args->nr_devices++], err);
	return ret;
}

static void check_close_args(void *args)
{
	free(((struct check_args *)args)->devices);
}

const struct cmd cmd_check = {
	.name = "check",
	.summary = "say whether the host is ready, and what to do",
	.operands = "[ADDRESS...]",
	.description = "Checks whether this host is ready to give devices to a guest: the graphics "
		       "cards but\n"
		       "the one that shows the host's own picture, or those that are named; each "
		       "with the rest\n"
		       "of its group and card. Each finding comes with what says so, and with what "
		       "to do.\n"
		       "share/doc/tenon/user/check.md describes the checks.\n",
	.options = options,
	.exits = { "ready", "something failed or may fail" },
	.args_size = sizeof(struct check_args),
	.init = check_init,
	.take_operands = check_operands,
	.check = source_check,
	.main = check_main,
	.close = check_close_args,
};
