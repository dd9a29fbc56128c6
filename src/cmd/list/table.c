// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/log.h"
#include "cmd/list/list.h"
#include "cmd/source/reading.h"
#include "cmd/ui/table.h"
#include "host/groups/verdict.h"

enum column {
	COL_ADDR,
	COL_NAME,
	COL_DRIVER,
	COL_GROUP,
	COL_ROM,
	COL_RESET,
	COL_VGA,
	COL_NUMA,
	COL_LINK,
	COL_BARS,
	COL_VERDICT,
	COLUMNS
};

static const struct table_column columns[COLUMNS] = {
	[COL_ADDR] = { "ADDRESS" },
	[COL_NAME] = { "NAME", .least = 16 },
	[COL_DRIVER] = { "DRIVER", .least = 8 },
	[COL_GROUP] = { "GROUP", .least = 6 },
	[COL_ROM] = { "ROM", .leave = 4 },
	[COL_RESET] = { "RESET", .least = 6, .leave = 5 },
	[COL_VGA] = { "VGA", .leave = 3 },
	[COL_NUMA] = { "NUMA", .right = true, .leave = 8 },
	[COL_LINK] = { "LINK", .leave = 6 },
	[COL_BARS] = { "BARS", .least = 10, .leave = 7 },
	[COL_VERDICT] = { "VERDICT" },
};

/* Adds "25", "25 + 0a:00.1" or "13 + 24 others", with '~' before a predicted group. */
static void group_cell(struct table *table, const struct view *view, unsigned dev)
{
	const struct group *group = groups_find(view->groups, dev);
	const struct host *host = &view->host;
	char addr[PCI_ADDR_SIZE], number[16], text[64];
	size_t n;

	if (!group) {
		table_text(table, PLAIN, host_knows(&host->devs[dev], HOST_GROUP) ? "-" : "?");
		return;
	}
	if (group->id == HOST_NONE)
		snprintf(number, sizeof(number), "~");
	else
		snprintf(number, sizeof(number), "%d", group->id);
	if (group->count > 3) {
		table_cell(table, PLAIN, "%s + %u others", number, group->count - 1);
		return;
	}
	n = snprintf(text, sizeof(text), "%s", number);
	for (unsigned i = 0; i < group->count; i++) {
		unsigned other = view->groups->member[group->first + i];

		if (other != dev)
			n += snprintf(text + n, sizeof(text) - n, " + %s",
				strchr(pci_addr_text(host->devs[other].addr, addr), ':') + 1);
	}
	table_text(table, PLAIN, text);
}

static void rom_cell(struct table *table, const char *word)
{
	bool unknown = !strcmp(word, "unknown");

	table_text(table, unknown ? FAINT : PLAIN, unknown ? "?" : word);
}

/*
 * Shortens a name, as in "NVIDIA GA102 ...": the makers of most cards get the names that people
 * use.
 */
static const char *short_name(const char *name, char text[PCI_NAME_SIZE])
{
	static const char *const makers[][2] = {
		{ "NVIDIA Corporation ", "NVIDIA" },
		{ "Intel Corporation ", "Intel" },
		{ "Advanced Micro Devices, Inc. [AMD/ATI] ", "AMD" },
		{ "Advanced Micro Devices, Inc. [AMD] ", "AMD" },
		{ "Realtek Semiconductor Co., Ltd. ", "Realtek" },
		{ "Samsung Electronics Co Ltd ", "Samsung" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		size_t len = strlen(makers[i][0]);

		if (strncmp(name, makers[i][0], len))
			continue;
		snprintf(text, PCI_NAME_SIZE, "%s %s", makers[i][1], name + len);
		return text;
	}
	return name;
}

/* Adds the reset methods, separated by commas, in the order in which they are tried. */
static void reset_cell(struct table *table, const struct host_dev *dev)
{
	char text[128];

	if (!host_knows(dev, HOST_RESET)) {
		table_cell(table, FAINT, "?");
		return;
	}
	snprintf(text, sizeof(text), "%s", *dev->reset_methods ? dev->reset_methods : "none");
	for (char *c = text; *c; c++)
		if (*c == ' ')
			*c = ',';
	table_text(table, *dev->reset_methods ? PLAIN : BAD, text);
}

/* Adds the link's present speed and width, and the maximum if that is higher. */
static void link_cell(struct table *table, const struct host_dev *dev)
{
	const struct pci_link *link = &dev->link;
	char now[PCI_LINK_TEXT_SIZE], most[PCI_LINK_TEXT_SIZE];

	pci_link_text(link->speed, link->width, now);
	pci_link_text(link->max_speed, link->max_width, most);
	if (!*now)
		table_cell(table, PLAIN, "-");
	else if (link->speed < link->max_speed || link->width < link->max_width)
		table_cell(table, PLAIN, "%s of %s", now, most);
	else
		table_text(table, PLAIN, now);
}

static void bars_cell(struct table *table, const struct host_dev *dev)
{
	char text[128] = "", size[PCI_BAR_TEXT_SIZE];
	size_t n = 0;

	for (unsigned i = 0; i < PCI_BARS && n < sizeof(text); i++)
		if (dev->bar[i].size && !(dev->bar[i].flags & PCI_BAR_IO))
			n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
				pci_bar_size_text(dev->bar[i].size, size));
	table_text(table, PLAIN, n ? text : host_knows(dev, HOST_BARS) ? "-" : "?");
}

static void verdict_cell(struct table *table, const struct view *view, unsigned dev)
{
	static const enum style styles[] = {
		[VERDICT_ASLEEP] = DOUBTFUL,
		[VERDICT_GONE] = BAD,
		[VERDICT_NO_IOMMU] = BAD,
		[VERDICT_GUEST] = PLAIN,
		[VERDICT_READY] = GOOD,
		[VERDICT_SHARED] = DOUBTFUL,
		[VERDICT_BOOT_VGA] = DOUBTFUL,
		[VERDICT_IN_USE] = PLAIN,
		[VERDICT_UNKNOWN] = FAINT,
		[VERDICT_FREE] = GOOD,
	};
	const struct uses *guests = view_guests(view);
	enum verdict_word word = verdict_of(&view->host, view->groups, guests, dev);
	char who[USES_GUEST_TEXT];

	if (word == VERDICT_GUEST)
		table_cell(table, styles[word], "%s: %s", verdict_name(word),
			uses_guest_text(uses_guest(guests, dev), who));
	else
		table_text(table, styles[word], verdict_name(word));
}

static void add_row(struct table *table, struct view *view, unsigned index)
{
	const struct host_dev *dev = &view->host.devs[index];
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE], brief[PCI_NAME_SIZE];
	enum style style = host_is_card(dev) ? STRONG : PLAIN;

	table_text(table, style, pci_addr_text(dev->addr, addr));
	table_text(table, style, short_name(view_name(view, dev, name), brief));
	table_text(table, PLAIN,
		dev->driver                    ? dev->driver
		: host_knows(dev, HOST_DRIVER) ? "-"
					       : "?");
	group_cell(table, view, index);
	rom_cell(table, list_rom(view, index));
	reset_cell(table, dev);
	table_text(table, PLAIN,
		!host_is_gpu(dev)                 ? ""
		: !host_knows(dev, HOST_BOOT_VGA) ? "?"
		: dev->boot_vga                   ? "boot"
						  : "-");
	if (dev->numa == HOST_NONE)
		table_text(table, PLAIN, host_knows(dev, HOST_NUMA) ? "-" : "?");
	else
		table_cell(table, PLAIN, "%d", dev->numa);
	link_cell(table, dev);
	bars_cell(table, dev);
	verdict_cell(table, view, index);
}

/* Prints what the table cannot say about its groups. */
static void remark(const struct view *view, const struct term *term)
{
	struct err err = { 0 };

	if (view->host.iommu_off)
		term_paragraph(term, "\n", 0,
			"The kernel runs without an IOMMU, so nothing can be given away; `tenon "
			"check` says what is missing. ~ marks the groups that there would be.");
	else if (view->host.groups_known)
		return;
	else if (view_is_blind(view, &err))
		log_warn("%s; %s", err.text, err.help);
	else
		term_paragraph(term, "\n", 0,
			"~ marks groups told from config space: the source does not show the "
			"kernel's.");
}

void list_table(struct view *view, const unsigned *order, unsigned count)
{
	struct term term = term_of(stdout);
	struct table *table = table_new(columns, COLUMNS);

	for (unsigned i = 0; table && i < count; i++)
		add_row(table, view, order[i]);
	if (table)
		table_print(table, &term);
	table_free(table);
	if (view_registers_hidden(view))
		term_paragraph(&term, "\n", 0,
			"The devices' registers take root to read, and so what is shown as ?: try "
			"sudo.");
	if (view_guests_hidden(view))
		term_paragraph(&term, "\n", 0,
			"It takes root to see whether a guest has a device that is bound to VFIO: "
			"try sudo.");
	if (!count)
		printf("%s has no device that could be given away\n", view->host.origin);
	else
		remark(view, &term);
	reading_print(&view->host, &term);
}
