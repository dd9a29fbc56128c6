// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/explain/explain.h"

#include <stdio.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "host/facts/reading.h"

static const char help[] =
	"Usage: tenon explain [OPTIONS] BDF\n"
	"\n"
	"Says why a device is in its IOMMU group: the way up to the root, what isolates there and\n"
	"what does not, and what can be done, the safest first.\n"
	"\n" SOURCE_HELP "\n"
	"Exit codes: 0 it can be given away by itself or with its own functions, 1 it cannot, or\n"
	"only with others, 2 wrong usage, 3 not possible.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	SOURCE_OPTIONS,
	{ 0 },
};

/* As things are now, by itself or with its own functions. */
static bool can_go(const struct explanation *it)
{
	const struct host *host = &it->view->host;
	unsigned others;

	remedies_company(host, it->view->groups, it->dev, &others);
	if (host->reading && host->reading->hypervisor && !host->groups_known)
		return false;
	return it->group && !others && !host->iommu_off &&
	       host_is_assignable(&host->devs[it->dev]) && !host->devs[it->dev].removed &&
	       !host_is_behind_vmd(&host->devs[it->dev]) && !host->devs[it->dev].rmrr_refused &&
	       remedies_decided(host, it->view->groups, &it->view->predicted, it->dev);
}

struct pci_quirk_facts explain_facts(const struct explanation *it)
{
	const struct host_dev *dev = &it->view->host.devs[it->dev];

	return (struct pci_quirk_facts){
		.addr = dev->addr,
		.vendor = dev->vendor,
		.device = dev->device,
		.class = dev->class,
		.bars = dev->bar,
		.config = dev->config,
		.config_size = dev->config_size,
	};
}

static int explain(struct view *view, unsigned dev, bool json)
{
	struct explanation it = { .view = view, .dev = dev };
	int ret = 0;

	it.group = groups_find(view->groups, dev);
	if (it.group)
		ret = why_group(&view->host, &view->predicted, view->groups, it.group, &it.why);
	if (!ret)
		ret = remedies_for(&view->host, view->groups, &view->predicted, dev, &it.remedies);
	if (ret)
		log_error("memory ran out");
	else if (json)
		explain_json(&it);
	else
		explain_print(&it);
	why_close(&it.why);
	remedies_close(&it.remedies);
	if (ret)
		return EXIT_CANNOT;
	return can_go(&it) ? EXIT_FINE : EXIT_FINDINGS;
}

static int run(const struct source_args *args, const char *text)
{
	struct view view;
	int code = view_open(&view, args, true);
	int dev;

	if (code < 0) {
		dev = source_device(&view.host, "explain", text, &code);
		if (dev != HOST_NONE)
			code = explain(&view, dev, args->json);
	}
	view_close(&view);
	return code;
}

int cmd_explain(int argc, char **argv)
{
	struct source_args args = { 0 };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (!source_option(&args, option, optarg))
			return source_usage("explain",
				"there is no such option, or it lacks a value", argv[optind - 1]);
	}
	if (optind == argc)
		return source_usage("explain", "name a device by its PCI address", NULL);
	if (optind + 1 < argc)
		return source_usage(
			"explain", "one device at a time; left over:", argv[optind + 1]);
	return run(&args, argv[optind]);
}
