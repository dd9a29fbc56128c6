// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon check`: whether a host is ready to give devices away. Changes nothing. */
#include "cmd/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/ui/json.h"
#include "cmd/ui/options.h"
#include "host/scan/platform.h"

#define DEFAULT_MEMORY (2 * GIB)

enum { OPT_MEMORY = 1, OPT_FOR };

static const char help[] =
	"Usage: tenon check [OPTIONS] [BDF...]\n"
	"\n"
	"Checks whether this host is ready to give devices to a guest: the graphics cards but\n"
	"the one that shows the host's own picture, or those that are named; each with the rest\n"
	"of its group and card. Each finding comes with what says so, and with what to do.\n"
	"docs/check.md describes the checks.\n"
	"\n"
	"      --memory SIZE  the guest's memory, e.g. 16G (default 2G)\n"
	"      --for MODE     how it is to start with the card: uefi, bios, secondary, or auto:\n"
	"                     what its ROM allows (default)\n"
	"  -v, --verbose      also what is fine, with the evidence\n" SOURCE_HELP "\n"
	"Exit codes: 0 ready; 1 something failed or may fail, or a device's group is not known;\n"
	"2 wrong usage; 3 not possible.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "for", required_argument, NULL, OPT_FOR },
	SOURCE_OPTIONS,
	{ 0 },
};

struct check_args {
	struct source_args source;
	bool verbose;
	u64 memory;
	enum plan_mode mode;
	char **devices;
	unsigned count;
};

/* What is given away where nobody says: not the host's own display, if there is another. */
static unsigned choose_cards(const struct host *host, struct pci_addr *cards)
{
	unsigned count = 0;

	for (unsigned own = 0; own < 2 && !count; own++)
		for (unsigned i = 0; i < host->count; i++)
			if (host_is_card(&host->devs[i]) && (own || !host->devs[i].boot_vga))
				cards[count++] = host->devs[i].addr;
	return count;
}

/* Returns -1, or the exit code to end with. */
static int read_devices(const struct check_args *args, const struct host *host,
	struct pci_addr *cards, unsigned *count)
{
	int code;

	if (!args->count)
		*count = choose_cards(host, cards);
	for (unsigned i = 0; i < args->count; i++) {
		int dev = source_device(host, "check", args->devices[i], &code);

		if (dev == HOST_NONE)
			return code;
		if (!host_is_assignable(&host->devs[dev])) {
			log_error("%s is a bridge or another part of the host itself, which no "
				  "guest can have",
				args->devices[i]);
			return EXIT_CANNOT;
		}
		cards[(*count)++] = host->devs[dev].addr;
	}
	return -1;
}

static int report(struct checking *checking, const struct check_args *args, unsigned *devs)
{
	struct planning *planning = &checking->planning;
	const struct plan *plan = &planning->plan;
	int ret = planning->files ? scan_platform(&checking->platform, &planning->view.host,
					    &planning->sysroot)
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
		log_error("memory ran out");
		return EXIT_CANNOT;
	}
	if (args->source.json)
		json_print(check_json(checking));
	else
		check_print(checking, args->verbose);
	return report_is_ready(&checking->report) ? EXIT_FINE : EXIT_FINDINGS;
}

static int run(const struct check_args *args)
{
	struct checking checking = { 0 };
	struct planning *planning = &checking.planning;
	int code = planning_look(planning, &args->source, true);
	unsigned most = planning->view.host.count + args->count + 1;
	own_free struct pci_addr *cards = calloc(most, sizeof(*cards));
	own_free unsigned *devs = calloc(most, sizeof(*devs));
	struct plan_request request = { .devices = cards };

	if (code < 0 && (!cards || !devs)) {
		log_error("memory ran out");
		code = EXIT_CANNOT;
	}
	if (code < 0)
		code = read_devices(args, &planning->view.host, cards, &request.count);
	if (code < 0)
		code = planning_make(planning, &request);
	if (code < 0)
		code = report(&checking, args, devs);
	report_close(&checking.report);
	planning_close(planning);
	return code;
}

/* Returns -1, or the exit code to end with. */
static int take_option(struct check_args *args, int option, char **argv)
{
	struct err err = { 0 };

	switch (option) {
	case 'h':
		fputs(help, stdout);
		return EXIT_FINE;
	case 'v':
		args->verbose = true;
		return -1;
	case OPT_MEMORY:
		if (!option_size(optarg, MIB, &args->memory, &err) && args->memory)
			return -1;
		return source_usage("check", "not a size such as 16G:", optarg);
	case OPT_FOR:
		if (!plan_mode_find(optarg, &args->mode))
			return -1;
		return source_usage(
			"check", "--for takes auto, uefi, bios or secondary, not", optarg);
	}
	if (source_option(&args->source, option, optarg))
		return -1;
	return source_usage(
		"check", "there is no such option, or it lacks a value", argv[optind - 1]);
}

int cmd_check(int argc, char **argv)
{
	struct check_args args = { .memory = DEFAULT_MEMORY };
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
		code = take_option(&args, option, argv);
		if (code >= 0)
			return code;
	}
	args.devices = argv + optind;
	args.count = argc - optind;
	return run(&args);
}
