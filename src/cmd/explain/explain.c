// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/explain/explain.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/ui/term.h"
#include "host/facts/reading.h"

struct explain_args {
	struct source_args source;
	struct pci_addr addr;
};

static const struct cmd_option options[] = {
	TERM_OPTION_WIDE,
	SOURCE_OPTIONS(struct explain_args, source),
	{ 0 },
};

/*
 * Whether the device can be assigned as things are, alone or with the other functions of its slot.
 */
static bool can_go(const struct explanation *it)
{
	const struct host *host = &it->view->host;

	if (uses_guest(view_guests(it->view), it->dev))
		return false;
	if (host->reading && host->reading->hypervisor && !host->groups_known)
		return false;
	return it->group && !remedies_has_others(host, it->view->groups, it->dev) &&
	       !host->iommu_off && host_is_assignable(&host->devs[it->dev]) &&
	       !host->devs[it->dev].removed && !host_is_behind_vmd(&host->devs[it->dev]) &&
	       !host->devs[it->dev].rmrr_refused &&
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

static int explain(struct view *view, unsigned dev, bool json, struct err *err)
{
	struct explanation it = { .view = view, .dev = dev };
	int ret = 0;

	it.group = groups_find(view->groups, dev);
	if (it.group)
		ret = why_group(&view->host, &view->predicted, view->groups, it.group, &it.why);
	if (!ret)
		ret = remedies_for(&view->host, view->groups, &view->predicted, dev, &it.remedies);
	if (ret)
		err_sys(err, -ret, "cannot explain the device");
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

static int explain_main(const struct cmd_call *call, struct err *err)
{
	const struct explain_args *args = call->args;
	struct view view;
	int code = EXIT_CANNOT, dev = HOST_NONE;

	if (!view_open(&view, &args->source, true, err) && !view_find_guests(&view, err))
		dev = source_device(&view.host, args->addr, err);
	if (dev != HOST_NONE)
		code = explain(&view, dev, args->source.json, err);
	view_close(&view);
	return code;
}

static int explain_operands(const struct cmd_call *call, struct err *err)
{
	struct explain_args *args = call->args;

	return source_addr(call->operands[0], &args->addr, err);
}

const struct cmd cmd_explain = {
	.name = "explain",
	.summary = "say why a device is in its group, and what to do",
	.operands = "ADDRESS",
	.description = "Says why a device is in its IOMMU group: the way up to the root, what "
		       "isolates there and\n"
		       "what does not, and what can be done, the safest first.\n",
	.options = options,
	.exits = { "it can be given away by itself or with its own functions",
		"it cannot, only with others, or a guest has it" },
	.args_size = sizeof(struct explain_args),
	.take_operands = explain_operands,
	.check = source_check,
	.main = explain_main,
};
