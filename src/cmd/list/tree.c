// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI tree with its groups, which shows where isolation is lost. */
#include <stdlib.h>
#include <string.h>

#include "cmd/list/list.h"
#include "cmd/source/reading.h"
#include "cmd/ui/json.h"
#include "cmd/ui/term.h"
#include "host/groups/isolation.h"
#include "host/groups/why.h"

/* Bus numbers increase downwards, so no tree is deeper. */
#define MAX_DEPTH 256

struct drawing {
	struct view *view;
	struct term term;
	bool more[MAX_DEPTH]; /* a vertical line continues at this depth */
	/* For each device, how isolation is lost there; JOIN_FIRST: it is not lost. */
	enum join_reason *lost;
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

/* Prints " [3]", with "~" before the number of a predicted group. Returns the width. */
static unsigned print_group(const struct drawing *drawing, unsigned dev)
{
	const struct group *group = groups_find(drawing->view->groups, dev);
	char text[32] = " [no group]";
	enum style style = FAINT;

	if (group) {
		bool known = group->id != HOST_NONE;

		style = group->count > 1 ? DOUBTFUL : GOOD;
		snprintf(text, sizeof(text), " [%s%ld]", known ? "" : "~",
			known ? group->id : (long)(group - drawing->view->groups->list));
	}
	term_print(&drawing->term, style, "%s", text);
	return strlen(text);
}

/*
 * Writes to @text how isolation is lost at a device, or "" if it is not. Returns the style for it.
 */
static enum style loss_of(const struct drawing *drawing, unsigned index, char *text, size_t size)
{
	const struct host *host = &drawing->view->host;
	struct isolation is = isolation_of(host, &host->devs[index]);
	char reason[WHY_ISOLATION_TEXT];

	why_isolation(&is, reason);
	*text = '\0';
	switch (drawing->lost[index]) {
	case JOIN_FIRST:
	case JOIN_NOT_TRANSLATED:
		return PLAIN;
	case JOIN_FUNCTIONS:
		snprintf(text, size, "shares with its sibling functions: %s", reason);
		return DOUBTFUL;
	case JOIN_BRIDGE_ID:
		snprintf(text, size, "its id is on all requests from below");
		return BAD;
	case JOIN_SHARED_ID:
		snprintf(text, size, "shares its requester id");
		return DOUBTFUL;
	case JOIN_VMD:
		snprintf(text, size, "does DMA for all behind it");
		return BAD;
	case JOIN_UNKNOWN:
		snprintf(text, size, "not known: %s", reason);
		return DOUBTFUL;
	case JOIN_PORT:
		snprintf(text, size, "isolation is lost: %s", reason);
		return BAD;
	}
	return PLAIN;
}

/* Prints the reason after the device if the line has room for it, else below. */
static void print_loss(const struct drawing *drawing, unsigned index, unsigned depth, unsigned used)
{
	const struct term *term = &drawing->term;
	char text[WHY_ISOLATION_TEXT + 64];
	enum style style = loss_of(drawing, index, text, sizeof(text));

	if (*text && term_left(term, used) >= term_width_of(text) + 5)
		term_print(term, style, "  <- %s", text);
	fputc('\n', term->out);
	if (!*text || term_left(term, used) >= term_width_of(text) + 5)
		return;
	print_lead(drawing, depth, true);
	term_paragraph(term, "  <- ", 3 * depth + 5, text);
}

static void print_device(const struct drawing *drawing, unsigned index, unsigned depth)
{
	struct view *view = drawing->view;
	const struct host_dev *dev = &view->host.devs[index];
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];
	const char *what = dev->bridge ? why_kind(&view->host, dev) : view_name(view, dev, name);
	unsigned used = 3 * depth + strlen(pci_addr_text(dev->addr, addr)) + 1;

	fputs(addr, drawing->term.out);
	used += print_group(drawing, index);
	fputc(' ', drawing->term.out);
	term_cut(&drawing->term, host_is_card(dev) ? STRONG : PLAIN, what,
		term_left(&drawing->term, used));
	print_loss(drawing, index, depth, used + term_width_of(what));
}

static void draw(struct drawing *drawing, unsigned index, unsigned depth, bool last)
{
	const struct host *host = &drawing->view->host;

	print_lead(drawing, depth, last);
	print_device(drawing, index, depth);
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
