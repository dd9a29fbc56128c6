// SPDX-License-Identifier: GPL-2.0-or-later
/* The text output of `tenon explain`. */
#include <stdio.h>
#include <string.h>

#include "cmd/explain/explain.h"
#include "cmd/source/reading.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"
#include "host/groups/advice.h"
#include "host/groups/verdict.h"
#include "pci/quirk.h"

static void print_device(const struct explanation *it, const struct term *term)
{
	const struct host_dev *dev = &it->view->host.devs[it->dev];
	const struct use *guest = uses_guest(view_guests(it->view), it->dev);
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE], who[USES_GUEST_TEXT], text[256];
	unsigned used = 2;

	pci_addr_text(dev->addr, addr);
	if (dev->driver)
		used += strlen(dev->driver) + 4;
	term_print(term, STRONG, "%s  ", addr);
	term_cut(
		term, STRONG, view_name(it->view, dev, name), term_left(term, used + strlen(addr)));
	if (dev->driver)
		term_print(term, FAINT, "  (%s)", dev->driver);
	fputc('\n', term->out);
	if (guest) {
		snprintf(text, sizeof(text), "A guest has it: %s.", uses_guest_text(guest, who));
		term_paragraph(term, "", 0, text);
	} else if (verdict_is_vfio(dev->driver) && view_guests_hidden(it->view)) {
		term_paragraph(
			term, "", 0, "It takes root to see whether a guest has it: try sudo.");
	}
}

static void print_company(const struct explanation *it, const struct term *term)
{
	static const struct table_column columns[] = {
		{ "" },
		{ "", .least = 16 },
		{ "", .least = 8 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	const struct groups *groups = it->view->groups;

	for (unsigned i = 0; table && i < it->group->count; i++) {
		unsigned other = groups->member[it->group->first + i];
		const struct host_dev *dev = &it->view->host.devs[other];
		char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

		if (other == it->dev)
			continue;
		table_cell(table, PLAIN, "  %s", pci_addr_text(dev->addr, addr));
		table_text(table, PLAIN, view_name(it->view, dev, name));
		table_text(table, FAINT, dev->driver ? dev->driver : "");
	}
	if (table)
		table_print(table, term);
	table_free(table);
}

static void print_group(const struct explanation *it, const struct term *term)
{
	bool known =
		remedies_decided(&it->view->host, it->view->groups, &it->view->predicted, it->dev);
	char text[160];

	if (!it->group) {
		term_paragraph(term, "", 0,
			host_knows(&it->view->host.devs[it->dev], HOST_GROUP)
				? "It is in no IOMMU group: the IOMMU does not handle it."
				: "No IOMMU group can be told for it.");
		return;
	}
	if (it->group->id == HOST_NONE)
		snprintf(text, sizeof(text), "In a group told from config space, %s",
			it->group->count > 1 ? "with:"
			: known              ? "alone."
					     : "of which not all that decides is known.");
	else
		snprintf(text, sizeof(text), "In IOMMU group %d, %s", it->group->id,
			it->group->count > 1 ? "with:"
			: known              ? "alone."
					     : "whose other members are not known.");
	term_paragraph(term, "", 0, text);
	if (it->group->count > 1)
		print_company(it, term);
}

/* Adds each device from the root down to the one in question. */
static void add_step(const struct explanation *it, struct table *table, int index)
{
	const struct host *host = &it->view->host;
	const struct host_dev *dev = &host->devs[index];
	struct isolation is = isolation_of(host, dev);
	char addr[PCI_ADDR_SIZE], acs[PCI_ACS_TEXT_SIZE], reason[WHY_ISOLATION_TEXT];
	bool unknown = is.reason == ISOLATION_UNKNOWN;

	table_cell(table, PLAIN, "  %s", pci_addr_text(dev->addr, addr));
	table_text(table, PLAIN, why_kind(host, dev));
	if (dev->acs.present && host_knows(dev, HOST_ACS_BITS))
		table_text(table, PLAIN, pci_acs_text(dev->acs.ctrl, acs));
	else
		table_cell(
			table, PLAIN, host_knows(dev, HOST_ACS) && !dev->acs.present ? "-" : "?");
	table_cell(table,
		unknown       ? FAINT
		: is.isolates ? GOOD
			      : BAD,
		"%s: %s",
		unknown       ? "unknown"
		: is.isolates ? "isolates"
			      : "open",
		why_isolation(&is, reason));
}

static void print_path(const struct explanation *it, const struct term *term)
{
	static const struct table_column columns[] = {
		{ "  DEVICE" },
		{ "KIND", .least = 10 },
		{ "ACS ON", .leave = 1 },
		{ "ISOLATION", .least = 16 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	const struct host *host = &it->view->host;
	int path[256];
	unsigned depth = 0;

	for (int i = it->dev; i != HOST_NONE && depth < ARRAY_SIZE(path); i = host->devs[i].parent)
		path[depth++] = i;
	for (unsigned i = depth; table && i-- > 0;)
		add_step(it, table, path[i]);
	term_print(term, STRONG, "\nFrom the root down\n");
	if (table)
		table_print(table, term);
	table_free(table);
}

static void print_why(const struct explanation *it, const struct term *term)
{
	if (!it->why.count)
		return;
	term_print(term, STRONG, "\nWhy\n");
	for (unsigned i = 0; i < it->why.count; i++) {
		char text[WHY_TEXT + 1];

		snprintf(text, sizeof(text), "%s.", it->why.line[i].text);
		if (text[0] >= 'a' && text[0] <= 'z')
			text[0] -= 'a' - 'A';
		term_paragraph(term, "  - ", 4, text);
	}
}

static void print_choices(const struct explanation *it, const struct term *term)
{
	if (!it->remedies.count)
		return;
	term_print(term, STRONG, "\nWhat to do, the safest first\n");
	for (unsigned i = 0; i < it->remedies.count; i++) {
		char lead[16];

		snprintf(lead, sizeof(lead), "  %u. ", i + 1);
		term_paragraph(term, lead, 5, it->remedies.list[i].text);
	}
}

static void print_notes(const struct explanation *it, const struct term *term)
{
	struct advice advice[ADVICE_KINDS];
	unsigned count = advice_for(&it->view->host, it->dev, advice);

	if (count)
		term_print(term, STRONG, "\nTo know\n");
	for (unsigned i = 0; i < count; i++)
		term_paragraph(term, "  - ", 4, advice[i].text);
}

static void print_quirks(const struct explanation *it, const struct term *term)
{
	static const char *const when[] = {
		[PCI_QUIRK_ALWAYS] = "",
		[PCI_QUIRK_WITH_VGA] = " (with vga=on)",
		[PCI_QUIRK_WITH_OPTION] = "",
	};
	struct pci_quirk_facts facts = explain_facts(it);
	bool first = true;

	for (unsigned id = 0; id < PCI_QUIRKS; id++) {
		const struct pci_quirk *quirk = pci_quirk(id);
		char text[288];

		if (!pci_quirk_fits(id, &facts))
			continue;
		if (first)
			term_print(term, STRONG, "\nWorkarounds for the guest (off: quirks=off)\n");
		first = false;
		snprintf(text, sizeof(text), "%s: %s%s.", quirk->name, quirk->what,
			when[quirk->when]);
		term_paragraph(term, "  ", 4, text);
	}
}

void explain_print(const struct explanation *explanation)
{
	struct term term = term_of(stdout);

	print_device(explanation, &term);
	print_group(explanation, &term);
	print_path(explanation, &term);
	print_why(explanation, &term);
	print_choices(explanation, &term);
	print_notes(explanation, &term);
	print_quirks(explanation, &term);
	reading_print(&explanation->view->host, &term);
}
