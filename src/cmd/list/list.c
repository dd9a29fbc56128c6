// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/list/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"

enum { OPT_TREE = 1, OPT_ROM };

static const char help[] =
	"Usage: tenon list [OPTIONS]\n"
	"\n"
	"Shows what can be given to a guest, graphics cards first.\n"
	"\n"
	"      --tree         the whole PCI tree instead, with groups and where isolation is "
	"lost\n"
	"      --rom          read option ROMs through the cards too, which touches "
	"them\n" SOURCE_HELP "\n"
	"Verdicts: ready (bound to VFIO with all its company), free (no driver has it), in-use (a\n"
	"host driver has it), boot-vga (the console is on it), shared (its group holds other\n"
	"devices; see `tenon explain`), no-iommu (it is in no group), gone (it does not answer),\n"
	"unknown (the source does not say).\n"
	"\n"
	"Exit codes: 0 fine; 1 nothing can be told of any group; 2 wrong usage; 3 not possible.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "tree", no_argument, NULL, OPT_TREE },
	{ "rom", no_argument, NULL, OPT_ROM },
	SOURCE_OPTIONS,
	{ 0 },
};

unsigned list_order(const struct host *host, unsigned *order)
{
	unsigned count = 0;

	for (int gpu = 1; gpu >= 0; gpu--)
		for (unsigned i = 0; i < host->count; i++)
			if (host_is_assignable(&host->devs[i]) &&
				host_is_card(&host->devs[i]) == gpu)
				order[count++] = i;
	return count;
}

static int show(struct view *view, bool tree, bool json)
{
	own_free unsigned *order = calloc(view->host.count + 1, sizeof(*order));
	unsigned count;

	if (!order) {
		log_error("memory ran out");
		return EXIT_CANNOT;
	}
	if (tree && json) {
		list_tree_json(view);
	} else if (tree) {
		list_tree(view);
	} else {
		count = list_order(&view->host, order);
		if (json)
			list_json(view, order, count);
		else
			list_table(view, order, count);
	}
	/* Of nothing there is a group: neither the kernel's nor one that could be told. */
	if (!view->host.groups_known && view_is_blind(view))
		return EXIT_FINDINGS;
	return EXIT_FINE;
}

int cmd_list(int argc, char **argv)
{
	struct source_args args = { 0 };
	bool tree = false, rom = false;
	struct view view;
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (option == OPT_TREE)
			tree = true;
		else if (option == OPT_ROM)
			rom = true;
		else if (!source_option(&args, option, optarg))
			return source_usage("list", "there is no such option, or it lacks a value",
				argv[optind - 1]);
	}
	if (optind < argc)
		return source_usage("list", "left over:", argv[optind]);
	/* The table has no column for these. */
	if (!args.json)
		args.scan.skip = HOST_POWER | HOST_OVERRIDE | HOST_CONFIG;
	/* A card that saves power goes on doing so; the tree needs its ports' registers. */
	if (!tree && !args.scan.sysroot)
		args.scan.skip |= SCAN_LET_SLEEP;
	/* The tree shows where isolation is lost, which only the prediction knows. */
	code = view_open(&view, &args, tree);
	if (code < 0 && !tree && list_read_roms(&view, args.scan.sysroot, rom)) {
		log_error("memory ran out");
		code = EXIT_CANNOT;
	}
	if (code < 0)
		code = show(&view, tree, args.json);
	view_close(&view);
	return code;
}
