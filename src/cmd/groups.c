// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/explain/explain.h"
#include "cmd/source/reading.h"
#include "cmd/source/view.h"
#include "cmd/ui/json.h"
#include "cmd/ui/term.h"
#include "host/groups/why.h"

struct groups_args {
	struct source_args source;
	bool predict;
};

static const struct cmd_option options[] = {
	{ "predict", 0, OPTION_FLAG, NULL, "the groups that config space gives, not the kernel's",
		.field = FLAG_FIELD(struct groups_args, predict) },
	TERM_OPTION_WIDE,
	SOURCE_OPTIONS(struct groups_args, source),
	{ 0 },
};

struct show {
	struct view *view;
	const struct groups *groups;
	struct term term;
	unsigned differing; /* groups of the kernel that the prediction does not have */
};

static void print_member(const struct show *show, unsigned index)
{
	const struct host_dev *dev = &show->view->host.devs[index];
	enum style style = host_is_card(dev) ? STRONG : PLAIN;
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];
	unsigned used = 4 + strlen(pci_addr_text(dev->addr, addr));

	if (dev->driver)
		used += strlen(dev->driver) + 4;
	term_print(&show->term, style, "  %s  ", addr);
	term_cut(
		&show->term, style, view_name(show->view, dev, name), term_left(&show->term, used));
	if (dev->driver)
		term_print(&show->term, FAINT, "  (%s)", dev->driver);
	fputc('\n', show->term.out);
}

static void print_group(const struct show *show, const struct group *group, const struct why *why)
{
	FILE *out = show->term.out;

	if (group->id == HOST_NONE)
		term_print(&show->term, STRONG, "Predicted group\n");
	else
		term_print(&show->term, STRONG, "Group %d\n", group->id);
	for (unsigned i = 0; i < group->count; i++)
		print_member(show, show->groups->member[group->first + i]);
	for (unsigned i = 0; i < why->count; i++)
		term_paragraph(&show->term, "    because ", 12, why->line[i].text);
	fputc('\n', out);
}

static struct json_object *group_json(
	const struct show *show, const struct group *group, const struct why *why)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	struct json_object *lines = json_object_new_array();
	struct json_object *reasons = json_object_new_array();
	const struct host *host = &show->view->host;

	if (group->id == HOST_NONE)
		json_add_null(json, "id");
	else
		json_add_number(json, "id", group->id);
	for (unsigned i = 0; i < group->count; i++)
		json_object_array_add(devices,
			json_addr(host->devs[show->groups->member[group->first + i]].addr));
	for (unsigned i = 0; i < why->count; i++) {
		const struct why_line *line = &why->line[i];

		json_object_array_add(lines, json_object_new_string(line->text));
		json_object_array_add(
			reasons, json_object_new_string(why_reason_name(line->reason)));
	}
	json_add(json, "devices", devices);
	json_add(json, "why", lines);
	json_add(json, "reasons", reasons);
	json_add(json, "lost_at", explain_places_json(host, why));
	json_add_text(json, "difference", why_difference_name(why->difference));
	return json;
}

/* Goes through the groups once. @list: NULL to print them. Returns 0 or -ENOMEM. */
static int each_group(struct show *show, struct json_object *list)
{
	for (unsigned g = 0; g < show->groups->count; g++) {
		const struct group *group = &show->groups->list[g];
		struct why why;
		int ret = why_group(
			&show->view->host, &show->view->predicted, show->groups, group, &why);

		if (ret)
			return ret;
		if (list)
			json_object_array_add(list, group_json(show, group, &why));
		else
			print_group(show, group, &why);
		why_close(&why);
	}
	return 0;
}

/* The kernel's groups that the prediction does not have, each with an explanation. */
static struct json_object *differences_json(struct show *show)
{
	struct json_object *list = json_object_new_array();
	const struct view *view = show->view;

	for (unsigned g = 0; g < view->kernel.count; g++) {
		const struct group *group = &view->kernel.list[g];
		struct json_object *json;
		struct why why;

		if (groups_agree(
			    &view->kernel, &view->predicted, view->kernel.member[group->first]))
			continue;
		show->differing++;
		if (why_group(&view->host, &view->predicted, &view->kernel, group, &why))
			continue;
		json = json_object_new_object();
		json_add_number(json, "id", group->id);
		json_add_text(json, "quirk", why_difference_name(why.difference));
		json_add_text(json, "text", why.count ? why.line[why.count - 1].text : NULL);
		json_object_array_add(list, json);
		why_close(&why);
	}
	return list;
}

static void print_summary(const struct show *show, struct json_object *differences)
{
	const struct view *view = show->view;

	for (size_t i = 0; i < json_object_array_length(differences); i++) {
		struct json_object *one = json_object_array_get_idx(differences, i);
		char text[1024];

		snprintf(text, sizeof(text), "The kernel's group %d differs: %s.",
			json_object_get_int(json_object_object_get(one, "id")),
			json_object_get_string(json_object_object_get(one, "text")));
		term_paragraph(&show->term, "", 0, text);
	}
	if (show->groups == &view->predicted && view->host.groups_known && !show->differing)
		fprintf(show->term.out, "The prediction agrees with the kernel's %u groups.\n",
			view->kernel.count);
	if (show->groups->unknown)
		fprintf(show->term.out,
			"Of %u devices the source does not hold all that decides.\n",
			show->groups->unknown);
}

static int show_groups(struct show *show, bool json, struct err *err)
{
	struct json_object *top = json_object_new_object();
	struct json_object *list = json ? json_object_new_array() : NULL;
	struct json_object *differences = differences_json(show);
	int ret = each_group(show, list);

	if (!json) {
		print_summary(show, differences);
		reading_print(&show->view->host, &show->term);
	}
	json_add_text(top, "source", show->view->host.origin);
	json_add_bool(top, "predicted", show->groups == &show->view->predicted);
	json_add(top, "groups", list);
	json_add_number(top, "unknown", show->groups->unknown);
	json_add(top, "differences", differences);
	reading_add_json(&show->view->host, top);
	if (json && !ret)
		json_print(top);
	else
		json_object_put(top);
	if (ret) {
		err_sys(err, -ret, "cannot explain the groups");
		return EXIT_CANNOT;
	}
	return (show->groups == &show->view->predicted &&
		       (show->differing || show->groups->unknown))
		       ? EXIT_FINDINGS
		       : EXIT_FINE;
}

static int no_groups(struct show *show, bool json, struct err *err)
{
	const struct view *view = show->view;
	const char *outer = outer_iommu(view->host.outer);

	if (json)
		show_groups(show, true, err);
	err_set(err, ENOENT, "%s shows no IOMMU group", view->host.origin);
	if (view->host.source == HOST_LSPCI)
		err_help(err,
			"it shows none (lspci does with -v, from 3.6 on), or its kernel runs "
			"without an IOMMU; --predict tells the groups that config space gives");
	else
		err_help(err,
			"%s; `tenon check` says more, and --predict tells the groups that "
			"there would be",
			outer ? outer
			      : "Enable VT-d or AMD-Vi in the firmware's setup, and on Intel "
				"boot with intel_iommu=on");
	if (!json)
		reading_print(&view->host, &show->term);
	return EXIT_FINDINGS;
}

static int groups_main(const struct cmd_call *call, struct err *err)
{
	const struct groups_args *args = call->args;
	struct view view;
	struct show show = { .view = &view, .term = term_of(stdout) };
	int code = EXIT_CANNOT;

	if (!view_open(&view, &args->source, true, err)) {
		show.groups = args->predict ? &view.predicted : &view.kernel;
		if (!args->predict && !view.host.groups_known)
			code = no_groups(&show, args->source.json, err);
		else if (!args->predict || !view_is_blind(&view, err))
			code = show_groups(&show, args->source.json, err);
	}
	view_close(&view);
	return code;
}

const struct cmd cmd_groups = {
	.name = "groups",
	.summary = "show the IOMMU groups and their reasons",
	.description = "Shows the kernel's IOMMU groups, and why their devices are together.\n",
	.options = options,
	.exits = { "fine", "a prediction differs from the kernel's groups or lacks facts, or there "
			   "is no IOMMU" },
	.args_size = sizeof(struct groups_args),
	.check = source_check,
	.main = groups_main,
};
