// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI tree, with groups marked, so that one sees where isolation is lost. */
#include <stdlib.h>
#include <string.h>

#include "cmd/list/list.h"
#include "cmd/source/reading.h"
#include "cmd/ui/json.h"
#include "cmd/ui/term.h"
#include "host/groups/isolation.h"
#include "host/groups/why.h"

/* Bus numbers grow downwards, so no tree is deeper. */
#define MAX_DEPTH 256

struct drawing {
	struct view *view;
	struct term term;
	bool more[MAX_DEPTH];   /* a line goes on at this depth */
	enum join_reason *lost; /* by device: how isolation is lost here; JOIN_FIRST: it is not */
};

static void mark_losses(struct drawing *drawing)
{
	const struct view *view = drawing->view;

	for (unsigned i = 0; i < view->host.count; i++) {
		int place = why_place(&view->host, &view->predicted, i);

		if (place != HOST_NONE)
			drawing->lost[place] = view->predicted.join[i].reason;
	}
}

static void print_lead(const struct drawing *drawing, unsigned depth, bool last)
{
	bool utf8 = drawing->term.utf8;

	for (unsigned i = 1; i < depth; i++)
		fputs(!drawing->more[i] ? "   " : utf8 ? "│  " : "|  ", drawing->term.out);
	if (depth)
		fputs(utf8 ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- "), drawing->term.out);
}

static void print_group(const struct drawing *drawing, unsigned dev)
{
	const struct group *group = groups_find(drawing->view->groups, dev);

	if (!group)
		term_print(&drawing->term, FAINT, " [no group]");
	else if (group->id == HOST_NONE)
		term_print(&drawing->term, group->count > 1 ? DOUBTFUL : GOOD, " [~%ld]",
			(long)(group - drawing->view->groups->list));
	else
		term_print(&drawing->term, group->count > 1 ? DOUBTFUL : GOOD, " [%d]", group->id);
}

static void print_loss(const struct drawing *drawing, unsigned index)
{
	const struct host *host = &drawing->view->host;
	struct isolation is = isolation_of(host, &host->devs[index]);
	char reason[WHY_ISOLATION_TEXT];

	why_isolation(&is, reason);
	switch (drawing->lost[index]) {
	case JOIN_FIRST:
	case JOIN_NOT_TRANSLATED:
		return;
	case JOIN_FUNCTIONS:
		term_print(&drawing->term, DOUBTFUL, "  <- shares with its sibling functions: %s",
			reason);
		return;
	case JOIN_BRIDGE_ID:
		term_print(&drawing->term, BAD, "  <- its id is on all requests from below");
		return;
	case JOIN_SHARED_ID:
		term_print(&drawing->term, DOUBTFUL, "  <- shares its requester id");
		return;
	case JOIN_VMD:
		term_print(&drawing->term, BAD, "  <- does DMA for all behind it");
		return;
	case JOIN_UNKNOWN:
		term_print(&drawing->term, DOUBTFUL, "  <- not known: %s", reason);
		return;
	case JOIN_PORT:
		term_print(&drawing->term, BAD, "  <- isolation is lost: %s", reason);
	}
}

static void print_device(const struct drawing *drawing, unsigned index)
{
	struct view *view = drawing->view;
	const struct host_dev *dev = &view->host.devs[index];
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

	fputs(pci_addr_text(dev->addr, addr), drawing->term.out);
	print_group(drawing, index);
	if (dev->bridge)
		fprintf(drawing->term.out, " %s", why_kind(&view->host, dev));
	else
		term_print(&drawing->term, host_is_card(dev) ? STRONG : PLAIN, " %s",
			view_name(view, dev, name));
	print_loss(drawing, index);
	fputc('\n', drawing->term.out);
}

static void draw(struct drawing *drawing, unsigned index, unsigned depth, bool last)
{
	const struct host *host = &drawing->view->host;

	print_lead(drawing, depth, last);
	print_device(drawing, index);
	if (depth + 1 >= MAX_DEPTH)
		return;
	drawing->more[depth] = !last;
	for (int child = host->devs[index].child; child != HOST_NONE;
		child = host->devs[child].next)
		draw(drawing, child, depth + 1, host->devs[child].next == HOST_NONE);
}

static bool same_root(const struct host_dev *a, const struct host_dev *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/* The next device without a parent, from @from on. */
static unsigned next_root(const struct host *host, unsigned from)
{
	while (from < host->count && host->devs[from].parent != HOST_NONE)
		from++;
	return from;
}

static void draw_roots(struct drawing *drawing)
{
	const struct host *host = &drawing->view->host;
	const struct host_dev *bus = NULL;

	for (unsigned i = next_root(host, 0), next; i < host->count; i = next) {
		const struct host_dev *dev = &host->devs[i];

		next = next_root(host, i + 1);
		if (!bus || !same_root(bus, dev))
			term_print(&drawing->term, STRONG, "%s %04x:%02x\n",
				dev->parent_missing ? "bus (its bridge is not in the source)"
						    : "root bus",
				dev->addr.domain, dev->addr.bus);
		bus = dev;
		draw(drawing, i, 1, next == host->count || !same_root(dev, &host->devs[next]));
	}
}

void list_tree(struct view *view)
{
	struct drawing drawing = { .view = view, .term = term_of(stdout) };

	drawing.lost = calloc(view->host.count + 1, sizeof(*drawing.lost));
	if (!drawing.lost)
		return;
	mark_losses(&drawing);
	draw_roots(&drawing);
	reading_print(&view->host, &drawing.term);
	free(drawing.lost);
}

static struct json_object *branch_json(struct view *view, unsigned index)
{
	const struct host *host = &view->host;
	const struct host_dev *dev = &host->devs[index];
	const struct group *group = groups_find(view->groups, index);
	struct isolation is = isolation_of(host, dev);
	struct json_object *json = json_object_new_object();
	struct json_object *children = json_object_new_array();
	char name[PCI_NAME_SIZE];

	json_add_addr(json, "address", dev->addr);
	json_add_text(json, "name", view_name(view, dev, name));
	json_add_text(json, "kind", why_kind(host, dev));
	json_add(json, "group",
		group && group->id != HOST_NONE ? json_object_new_int(group->id) : NULL);
	json_add_bool(json, "isolates", is.isolates);
	json_add_text(json, "reason", why_isolation_name(is.reason));
	for (int child = dev->child; child != HOST_NONE; child = host->devs[child].next)
		json_object_array_add(children, branch_json(view, child));
	json_add(json, "children", children);
	return json;
}

void list_tree_json(struct view *view)
{
	const struct host *host = &view->host;
	struct json_object *json = json_object_new_object();
	struct json_object *roots = json_object_new_array();

	for (unsigned i = next_root(host, 0); i < host->count; i = next_root(host, i + 1))
		json_object_array_add(roots, branch_json(view, i));
	json_add_text(json, "source", host->origin);
	json_add(json, "roots", roots);
	reading_add_json(host, json);
	json_print(json);
}
