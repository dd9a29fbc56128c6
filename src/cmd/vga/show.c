// SPDX-License-Identifier: GPL-2.0-or-later
/* Draws conclusions from the state of legacy VGA, and prints them. */
#include <stdio.h>
#include <string.h>

#include "cmd/ui/json.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"
#include "cmd/vga/vga.h"

/* Conclusions */

static void remark(struct vga_card *card, const char *text)
{
	if (card->nr_remarks < VGA_MAX_REMARKS)
		card->remarks[card->nr_remarks++] = text;
}

static void remark_all(struct vga_show *show, const char *text)
{
	if (show->nr_remarks < VGA_MAX_REMARKS)
		show->remarks[show->nr_remarks++] = text;
}

static void hinder(struct vga_card *card, const char *text)
{
	card->hindered = true;
	remark(card, text);
}

/*
 * Whether a card on the root bus may still answer to legacy VGA, because its driver is not known to
 * disable that itself.
 */
static bool answers_unasked(const struct host_dev *dev, const struct vga_card *card)
{
	return card->arbitrated && !card->line.decodes && card->decoding > 0 && dev->driver &&
	       dev->parent == HOST_NONE && !dev->parent_missing && !vga_steps_back(dev) &&
	       !vga_keeps_answering(dev);
}

static void conclude_card(struct vga_show *show, struct vga_card *card)
{
	const struct host_dev *dev = &show->view.host.devs[card->dev];
	const struct vga_line *line = &card->line;

	if (show->asked && !card->arbitrated)
		hinder(card, "the arbiter does not know it, so the kernel cannot switch legacy VGA "
			     "to it for a guest");
	if (card->arbitrated && line->locks)
		hinder(card, "a program holds its legacy VGA locked; a guest waits until it lets "
			     "go");
	if (show->vfio_disables && dev->driver && !strcmp(dev->driver, "vfio-pci"))
		hinder(card, "vfio_pci.disable_vga is set: guests get no legacy VGA of it");
	if (vga_keeps_answering(dev) && show->count > 1)
		remark(card,
			"Intel's graphics cannot stop answering to legacy VGA while their driver "
			"has them; another card's guest may disturb their picture");
	if (answers_unasked(dev, card))
		remark(card, "its driver says that it does without legacy VGA, so the kernel does "
			     "not switch it off for others; but if it answers all the same, no "
			     "bridge is in the way");
	else if (card->arbitrated && !line->decodes)
		remark(card, "its driver does without legacy VGA; the kernel need not switch it "
			     "off for others");
	if (card->path.known && !card->path.open)
		remark(card, "legacy VGA does not reach it now: a bridge above does not forward "
			     "it. The arbiter sets that when a guest needs it");
	else if (card->path.open && card->arbitrated && line->owns)
		remark(card, "it has legacy VGA now");
	if (dev->boot_vga)
		remark(card, "firmware started it, and its ROM at C0000h is a copy that has run");
}

void vga_conclude(struct vga_show *show)
{
	unsigned rivals = 0;

	for (unsigned i = 0; i < show->count; i++) {
		conclude_card(show, &show->cards[i]);
		rivals += show->cards[i].arbitrated && show->cards[i].line.decodes;
	}
	if (rivals > 1)
		remark_all(show, "several cards answer to legacy VGA, so the kernel switches "
				 "between them at each access of a guest that uses it: that is "
				 "slow while several do, and each gets its own card's");
	if (show->count)
		remark_all(show, "a guest that starts over UEFI, or uses a card as a secondary "
				 "one, needs no legacy VGA at all");
	else
		remark_all(show, "there is no VGA controller (class 0300) here; other display "
				 "controllers have no legacy VGA");
}

/* Output as text */

static const char *decoding_text(int decoding)
{
	return decoding < 0 ? "?" : vga_resource_name(decoding);
}

static const char *path_text(const struct vga_card *card)
{
	if (!card->path.known)
		return "?";
	return card->path.open ? "yes" : "no";
}

static void print_card(struct vga_show *show, struct table *table, const struct vga_card *card)
{
	const struct host_dev *dev = &show->view.host.devs[card->dev];
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE], locks[48];

	table_text(table, STRONG, pci_addr_text(dev->addr, addr));
	table_text(table, PLAIN, view_name(&show->view, dev, name));
	table_text(table, PLAIN, dev->driver ? dev->driver : "-");
	table_cell(table, PLAIN, "%s%s", dev->boot_vga ? "boot" : "",
		show->has_default && pci_addr_equal(show->default_card.addr, dev->addr)
			? dev->boot_vga ? ", default" : "default"
			: "");
	table_text(table, PLAIN, decoding_text(card->decoding));
	table_text(table, PLAIN, path_text(card));
	if (!card->arbitrated) {
		for (unsigned i = 0; i < 3; i++)
			table_text(table, FAINT, show->asked ? "none" : "?");
		return;
	}
	table_text(table, PLAIN, vga_resource_name(card->line.decodes));
	table_text(table, card->line.owns ? GOOD : PLAIN, vga_resource_name(card->line.owns));
	snprintf(locks, sizeof(locks), "%s", vga_resource_name(card->line.locks));
	table_text(table, card->line.locks ? BAD : PLAIN, locks);
}

static void print_cards(struct vga_show *show, const struct term *term)
{
	static const struct table_column columns[] = {
		{ "CARD" },
		{ "NAME", .least = 12, .leave = 1 },
		{ "DRIVER" },
		{ "ROLE" },
		{ "ANSWERS" },
		{ "REACHED" },
		{ "DECODES" },
		{ "OWNS", .leave = 2 },
		{ "LOCKED", .leave = 3 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	for (unsigned i = 0; table && i < show->count; i++)
		print_card(show, table, &show->cards[i]);
	if (table && show->count)
		table_print(table, term);
	table_free(table);
}

static void print_bridges(struct vga_show *show, const struct term *term)
{
	const struct host *host = &show->view.host;
	bool any = false, known = true;

	for (unsigned i = 0; i < host->count; i++) {
		bool forwards = false, wide = false;
		char addr[PCI_ADDR_SIZE];

		if (!host->devs[i].bridge)
			continue;
		if (!vga_bridge(&host->devs[i], &forwards, &wide))
			known = false;
		if (!forwards)
			continue;
		if (!any)
			term_print(term, STRONG, "\nBridges that forward legacy VGA now\n");
		any = true;
		fprintf(term->out, "  %s to bus %02x%s\n", pci_addr_text(host->devs[i].addr, addr),
			host->devs[i].secondary,
			wide ? "" : ", with all aliases of the ports above 3FFh");
	}
	if (!any && show->count)
		term_paragraph(term, "\n", 0,
			known ? "No bridge forwards legacy VGA now: it stays on the root bus."
			      : "What bridges forward is not known.");
}

void vga_print(struct vga_show *show)
{
	struct term term = term_of(stdout);

	print_cards(show, &term);
	if (!show->asked && show->count)
		term_paragraph(&term, "\n", 0, show->why_not);
	print_bridges(show, &term);
	term_print(&term, STRONG, "%sFor a guest\n", show->count ? "\n" : "");
	for (unsigned i = 0; i < show->count; i++) {
		char addr[PCI_ADDR_SIZE], text[512];

		pci_addr_text(show->view.host.devs[show->cards[i].dev].addr, addr);
		for (unsigned k = 0; k < show->cards[i].nr_remarks; k++) {
			snprintf(text, sizeof(text), "%s: %s.", addr, show->cards[i].remarks[k]);
			term_paragraph(&term, "  - ", 4, text);
		}
	}
	for (unsigned i = 0; i < show->nr_remarks; i++) {
		char text[512];

		snprintf(text, sizeof(text), "%c%s.", show->remarks[i][0] - 'a' + 'A',
			show->remarks[i] + 1);
		term_paragraph(&term, "  - ", 4, text);
	}
}

/* Output as JSON: docs/user/json.md describes the schema. */

static struct json_object *texts_json(const char *const *texts, unsigned count)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < count; i++)
		json_object_array_add(list, json_object_new_string(texts[i]));
	return list;
}

static struct json_object *arbiter_json(const struct vga_card *card)
{
	struct json_object *json;

	if (!card->arbitrated)
		return NULL;
	json = json_object_new_object();
	json_add_text(json, "decodes", vga_resource_name(card->line.decodes));
	json_add_text(json, "owns", vga_resource_name(card->line.owns));
	json_add_text(json, "locks", vga_resource_name(card->line.locks));
	return json;
}

static struct json_object *bridges_json(const struct host *host, unsigned dev)
{
	struct json_object *list = json_object_new_array();
	unsigned depth = 0;

	for (int at = host->devs[dev].parent; at != HOST_NONE && depth++ < 256;
		at = host->devs[at].parent) {
		struct json_object *json = json_object_new_object();
		bool forwards = false, wide = false;

		json_add_addr(json, "address", host->devs[at].addr);
		if (vga_bridge(&host->devs[at], &forwards, &wide)) {
			json_add_bool(json, "forwards_vga", forwards);
			json_add_bool(json, "decodes_16_bits", wide);
		} else {
			json_add_null(json, "forwards_vga");
			json_add_null(json, "decodes_16_bits");
		}
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *card_json(struct vga_show *show, const struct vga_card *card)
{
	const struct host_dev *dev = &show->view.host.devs[card->dev];
	struct json_object *json = json_object_new_object();
	char name[PCI_NAME_SIZE];

	json_add_addr(json, "address", dev->addr);
	json_add_text(json, "name", view_name(&show->view, dev, name));
	json_add_text(json, "driver", dev->driver);
	json_add_bool(json, "boot_vga", dev->boot_vga);
	json_add_text(
		json, "answers", card->decoding < 0 ? NULL : vga_resource_name(card->decoding));
	json_add(json, "bridges", bridges_json(&show->view.host, card->dev));
	json_add(json, "reached",
		card->path.known ? json_object_new_boolean(card->path.open) : NULL);
	json_add(json, "arbiter", arbiter_json(card));
	json_add_bool(json, "hindered", card->hindered);
	json_add(json, "remarks", texts_json(card->remarks, card->nr_remarks));
	return json;
}

struct json_object *vga_json(struct vga_show *show)
{
	struct json_object *json = json_object_new_object();
	struct json_object *cards = json_object_new_array();

	for (unsigned i = 0; i < show->count; i++)
		json_object_array_add(cards, card_json(show, &show->cards[i]));
	json_add_bool(json, "arbiter", show->asked);
	if (show->has_default) {
		json_add_number(json, "count", show->default_card.count);
		json_add_addr(json, "default", show->default_card.addr);
	} else {
		json_add_null(json, "count");
		json_add_null(json, "default");
	}
	json_add(json, "cards", cards);
	json_add(json, "remarks", texts_json(show->remarks, show->nr_remarks));
	return json;
}
