// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/plan/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/plan/plan_internal.h"

const char *plan_text(struct plan *plan, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = arena_vprintf(&plan->memory, fmt, args);
	va_end(args);
	return text;
}

const char *plan_append(struct plan *plan, const char *old, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = arena_vprintf(&plan->memory, fmt, args);
	va_end(args);
	return old && text ? plan_text(plan, "%s, %s", old, text) : text;
}

const char *plan_address(struct plan *plan, struct pci_addr addr)
{
	char text[PCI_ADDR_SIZE];

	return plan_text(plan, "%s", pci_addr_text(addr, text));
}

/* Appends @entry to one of the plan's lists. */
#define ADD(plan, list, nr, entry)                            \
	do {                                                  \
		if (array_room((plan)->list, (plan)->nr, 1))  \
			(plan)->memory.failed = true;         \
		else                                          \
			(plan)->list[(plan)->nr++] = (entry); \
	} while (0)

void plan_add_op(struct plan *plan, struct plan_op op)
{
	ADD(plan, ops, nr_ops, op);
}

void plan_add_objection(struct plan *plan, struct plan_objection objection)
{
	ADD(plan, objections, nr_objections, objection);
}

void plan_add_note(struct plan *plan, const char *device, const char *text)
{
	const struct plan_note note = { device, text };

	ADD(plan, notes, nr_notes, note);
}

void plan_add_boot(struct plan *plan, struct plan_boot boot)
{
	ADD(plan, boots, nr_boot, boot);
}

bool plan_allowed(const struct plan *plan, bool force)
{
	for (unsigned i = 0; i < plan->nr_objections; i++)
		if (!force || !plan->objections[i].forceable)
			return false;
	return true;
}

void plan_close(struct plan *plan)
{
	arena_close(&plan->memory);
	free(plan->devices);
	free(plan->ops);
	free(plan->objections);
	free(plan->notes);
	free(plan->boots);
	*plan = (struct plan){ 0 };
}
