// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/list/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/ui/term.h"

struct list_args {
	struct source_args source;
	bool gpu, tree, rom, usb;
};

static const struct cmd_option options[] = {
	{ "gpu", 0, OPTION_FLAG, NULL, "graphics cards only",
		.field = FLAG_FIELD(struct list_args, gpu) },
	{ "tree", 0, OPTION_FLAG, NULL,
		"the whole PCI tree instead, with groups and where isolation is lost",
		.field = FLAG_FIELD(struct list_args, tree) },
	{ "rom", 0, OPTION_FLAG, NULL, "read option ROMs through the cards too, which touches them",
		.field = FLAG_FIELD(struct list_args, rom) },
	{ "usb", 0, OPTION_FLAG, NULL,
		"the host's USB devices instead, for --usb of `tenon run`, and who uses them",
		.field = FLAG_FIELD(struct list_args, usb) },
	TERM_OPTION_WIDE,
	SOURCE_OPTIONS(struct list_args, source),
	{ 0 },
};

static unsigned list_order(const struct host *host, bool only_gpus, unsigned *order)
{
	unsigned count = 0;

	for (int gpu = 1; gpu >= only_gpus; gpu--)
		for (unsigned i = 0; i < host->count; i++)
			if (host_is_assignable(&host->devs[i]) &&
				host_is_card(&host->devs[i]) == gpu)
				order[count++] = i;
	return count;
}

static int show(struct view *view, const struct list_args *args, struct err *err)
{
	own_free unsigned *order = calloc(view->host.count + 1, sizeof(*order));
	unsigned count;

	if (!order)
		return err_sys(err, ENOMEM, "cannot list the devices");
	if (args->tree && args->source.json) {
		list_tree_json(view);
	} else if (args->tree) {
		list_tree(view);
	} else {
		count = list_order(&view->host, args->gpu, order);
		if (args->source.json)
			list_json(view, order, count);
		else
			list_table(view, order, count);
	}
	return 0;
}

static int list_main(const struct cmd_call *call, struct err *err)
{
	const struct list_args *args = call->args;
	struct source_args source = args->source;
	struct view view;
	bool nothing_known;
	int ret;

	if (args->usb)
		return list_usb(&source, err) ? EXIT_CANNOT : EXIT_FINE;
	/* Skip what the table has no column for. */
	if (!source.json)
		source.scan.skip = HOST_POWER | HOST_OVERRIDE | HOST_CONFIG;
	/*
	 * Do not wake devices that save power. The tree needs the registers of ports, so it does
	 * wake them.
	 */
	if (!args->tree && !source.scan.sysroot)
		source.scan.skip |= SCAN_LET_SLEEP;
	/* The tree shows where isolation is lost, which only the prediction knows. */
	ret = view_open(&view, &source, args->tree, err);
	if (!ret && !args->tree)
		ret = view_find_guests(&view, err);
	if (!ret && !args->tree && list_read_roms(&view, args->rom))
		ret = err_sys(err, ENOMEM, "cannot read the option ROMs");
	if (!ret)
		ret = show(&view, args, err);
	/* The output of lspci contains no group, and none can be predicted from it. */
	nothing_known = view.host.source == HOST_LSPCI && !view.host.groups_known &&
			view_sees_nothing(&view);
	view_close(&view);
	return ret ? EXIT_CANNOT : nothing_known ? EXIT_FINDINGS : EXIT_FINE;
}

static int list_check(const struct cmd_call *call, struct err *err)
{
	const struct list_args *args = call->args;

	if (args->gpu && args->tree)
		return err_set(err, EINVAL, "--tree shows all devices; leave out --gpu or --tree");
	if (args->usb && (args->gpu || args->tree || args->rom || args->source.scan.lspci))
		return err_set(err, EINVAL,
			"--usb shows other devices; leave out --gpu, --tree, --rom and --lspci");
	return source_check(call, err);
}

const struct cmd cmd_list = {
	.name = "list",
	.summary = "show what can be given to a guest",
	.description = "Shows what can be given to a guest, graphics cards first.\n",
	.options = options,
	.notes = "Verdicts: ready (it and all others that a guest would need with it are bound to\n"
		 "VFIO), free (no driver has it), in-use (a host driver has it), boot-vga (the\n"
		 "console is on it), shared (its group holds other devices; see `tenon explain`),\n"
		 "no-iommu (it is in no group), asleep (it, or a port above it, saves power), gone "
		 "(it\n"
		 "does not answer), guest (a guest has it now), unknown (the source does not "
		 "say).\n",
	.args_size = sizeof(struct list_args),
	.check = list_check,
	.main = list_main,
};
