// SPDX-License-Identifier: GPL-2.0-or-later
/* The text output of a plan. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cmd/plan/plan.h"
#include "cmd/source/reading.h"
#include "cmd/ui/table.h"
#include "cmd/ui/term.h"

static const char *part_of(
	const struct planning *planning, const struct plan_device *device, char *text, size_t size)
{
	char addr[PCI_ADDR_SIZE];

	if (device->part == PLAN_ASKED)
		return "";
	pci_addr_text(planning->view.host.devs[device->with].addr, addr);
	snprintf(text, size, "shares the %s of %s",
		device->part == PLAN_GROUP ? "IOMMU group" : "slot", addr);
	return text;
}

static void print_devices(struct planning *planning, const struct term *term)
{
	static const struct table_column columns[] = {
		{ "DEVICE" },
		{ "DRIVER" },
		{ "WANTED", .leave = 1 },
		{ "NAME", .least = 12 },
		{ "BECAUSE IT", .least = 10 },
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	bool company = false;

	for (unsigned i = 0; table && i < planning->plan.nr_devices; i++) {
		const struct plan_device *device = &planning->plan.devices[i];
		const struct host_dev *dev = &planning->view.host.devs[device->dev];
		char name[PCI_NAME_SIZE], part[64];

		table_text(table, STRONG, device->name);
		table_text(table, PLAIN, dev->driver ? dev->driver : "-");
		table_cell(table, device->ready ? GOOD : PLAIN, "%s%s", device->driver,
			device->ready ? " (has it)" : "");
		table_text(table, PLAIN, view_name(&planning->view, dev, name));
		table_text(table, FAINT, part_of(planning, device, part, sizeof(part)));
		company = company || device->part != PLAN_ASKED;
	}
	if (table && !company)
		table_hide(table, ARRAY_SIZE(columns) - 1);
	if (table)
		table_print(table, term);
	table_free(table);
}

/* The options of `tenon run` for a mode; NULL if the mode is unknown. */
static const char *run_options_of(enum plan_mode mode)
{
	switch (mode) {
	case PLAN_MODE_UEFI:
		return "";
	case PLAN_MODE_BIOS:
		return " --firmware bios";
	case PLAN_MODE_SECONDARY:
		return " --display vnc=:0";
	default:
		return NULL;
	}
}

/* Whether the device was requested, or is in the slot of one that was, in its group or not. */
static bool is_for_guest(const struct planning *planning, const struct plan_device *device)
{
	const struct host_dev *devs = planning->view.host.devs;

	if (device->part != PLAN_GROUP)
		return true;
	for (unsigned i = 0; i < planning->plan.nr_devices; i++) {
		const struct plan_device *other = &planning->plan.devices[i];

		if (other->part == PLAN_ASKED &&
			pci_addr_same_slot(devs[other->dev].addr, devs[device->dev].addr))
			return true;
	}
	return false;
}

/*
 * The options of `tenon run` with which a guest starts with all of the cards, or NULL if there are
 * none.
 */
static const char *run_options_for(const struct plan *plan)
{
	const char *options = plan->nr_boot ? run_options_of(plan->boots[0].mode) : "";

	for (unsigned i = 1; options && i < plan->nr_boot; i++)
		if (plan->boots[i].mode != plan->boots[0].mode)
			options = NULL;
	return options;
}

/*
 * Prints a command for a guest with the requested devices and the rest of their slots, but not of
 * their groups.
 */
static void print_run(const struct planning *planning, const struct term *term, const char *options)
{
	const struct plan *plan = &planning->plan;

	fprintf(term->out, "  tenon run%s", options);
	for (unsigned i = 0; i < plan->nr_devices; i++)
		if (is_for_guest(planning, &plan->devices[i]))
			fprintf(term->out, " --device %s", plan->devices[i].name);
	fputc('\n', term->out);
}

void plan_print_run(const struct planning *planning, const struct term *term)
{
	const char *options = run_options_for(&planning->plan);

	print_run(planning, term, options ? options : "");
}

static void print_boots(const struct planning *planning, const struct term *term)
{
	const struct plan *plan = &planning->plan;

	for (unsigned i = 0; i < plan->nr_boot; i++) {
		const struct plan_boot *boot = &plan->boots[i];
		char text[768];

		snprintf(text, sizeof(text), "%s: %s", plan_mode_name(boot->mode), boot->why);
		if (!i)
			term_print(term, STRONG, "\nBoot mode in a guest\n");
		if (plan->nr_boot > 1)
			snprintf(text, sizeof(text), "%s: %s: %s", boot->device,
				plan_mode_name(boot->mode), boot->why);
		term_paragraph(term, "  ", 2, text);
	}
	if (plan->nr_boot && run_options_for(plan))
		print_run(planning, term, run_options_for(plan));
}

static void print_objections(const struct plan *plan, const struct term *term)
{
	for (unsigned i = 0; i < plan->nr_objections; i++) {
		const struct plan_objection *o = &plan->objections[i];

		if (!i)
			term_print(term, STRONG, "%sWhat speaks against it\n",
				plan->nr_devices ? "\n" : "");
		term_print(term, o->forceable ? DOUBTFUL : BAD, "  [%s]%s\n",
			plan_objection_name(o->kind),
			o->forceable ? " (--force overrides this)" : "");
		term_paragraph(term, "    ", 4, o->text);
		if (o->help)
			term_paragraph(term, "    ", 4, o->help);
	}
}

static void print_notes(const struct plan *plan, const struct term *term)
{
	for (unsigned i = 0; i < plan->nr_notes; i++) {
		if (!i)
			term_print(term, STRONG, "\nTo know\n");
		term_paragraph(term, "  - ", 4, plan->notes[i].text);
	}
}

/* Prints a line of a file or a command, which must not be wrapped. */
static void print_raw(const struct term *term, const char *lead, const char *text, size_t len)
{
	own_free char *line = strndup(text, len);

	term_print(term, FAINT, "%s", lead);
	term_cut(term, FAINT, line ? line : "", term_left(term, strlen(lead)));
	fputc('\n', term->out);
}

static void print_contents(const struct term *term, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		print_raw(term, "      | ", text, n);
		text += n + (text[n] == '\n');
	}
}

static void print_step(const struct term *term, unsigned number, const struct plan_op *op)
{
	char words[512], lead[16], command[1024] = "";

	snprintf(lead, sizeof(lead), "%3u ", number);
	term_paragraph(term, lead, 4, plan_op_words(op, words, sizeof(words)));
	if (op->kind == PLAN_FILE)
		print_contents(term, op->value);
	else if (op->kind == PLAN_OWNER)
		snprintf(command, sizeof(command), "chown %s %s", op->value,
			strncmp(op->file, "/dev/", strlen("/dev/")) ? "/dev/vfio/devices/..."
								    : op->file);
	else if (op->kind == PLAN_MODULE)
		snprintf(command, sizeof(command), "modprobe %s", op->value);
	else if (op->value)
		snprintf(command, sizeof(command), "%s > %s", op->value, op->file);
	if (op->kind != PLAN_FILE && op->value)
		print_raw(term, "      ", command, strlen(command));
}

static void print_steps(const struct plan *plan, const struct term *term)
{
	if (!plan->nr_ops) {
		if (plan->nr_devices)
			fputs("\nThere is nothing to do.\n", term->out);
		return;
	}
	term_print(term, STRONG, "\nWhat would be done\n");
	for (unsigned i = 0; i < plan->nr_ops; i++)
		print_step(term, i + 1, &plan->ops[i]);
	if (plan->after)
		fprintf(term->out, "\nThen run `%s`.\n", plan->after);
}

void plan_print(struct planning *planning, bool steps)
{
	struct term term = term_of(stdout);

	if (planning->plan.nr_devices)
		print_devices(planning, &term);
	print_boots(planning, &term);
	print_objections(&planning->plan, &term);
	print_notes(&planning->plan, &term);
	if (steps)
		print_steps(&planning->plan, &term);
	reading_print(&planning->view.host, &term);
}

void plan_print_objections(const struct plan *plan, bool force)
{
	struct term term = term_of(stderr);

	for (unsigned i = 0; i < plan->nr_objections; i++) {
		const struct plan_objection *o = &plan->objections[i];
		bool overruled = force && o->forceable;

		term_paragraph(&term, overruled ? "overruled: " : "refused: ", 2, o->text);
		if (o->help && !overruled)
			term_paragraph(&term, "  ", 2, o->help);
	}
}
