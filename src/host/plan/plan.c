// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/plan/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/plan/plan_internal.h"

struct plan_text {
	struct plan_text *older;
	char text[];
};

static const char *keep_text(struct plan *plan, const char *text, int n)
{
	struct plan_text *kept = n < 0 ? NULL : malloc(sizeof(*kept) + n + 1);

	if (!kept) {
		plan->failed = true;
		return NULL;
	}
	memcpy(kept->text, text, n + 1);
	kept->older = plan->texts;
	plan->texts = kept;
	return kept->text;
}

const char *plan_text(struct plan *plan, const char *fmt, ...)
{
	own_free char *text = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		text = NULL;
	return keep_text(plan, text, n);
}

const char *plan_append(struct plan *plan, const char *old, const char *fmt, ...)
{
	own_free char *text = NULL;
	const char *kept;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		text = NULL;
	kept = keep_text(plan, text, n);
	return old && kept ? plan_text(plan, "%s, %s", old, kept) : kept;
}

const char *plan_address(struct plan *plan, struct pci_addr addr)
{
	char text[PCI_ADDR_SIZE];

	return plan_text(plan, "%s", pci_addr_text(addr, text));
}

/* Appends to one of the plan's lists, whose room doubles when it is a power of two. */
static void add(struct plan *plan, void **list, unsigned *count, const void *entry, size_t size)
{
	if (!(*count & (*count - 1))) {
		void *bigger = realloc(*list, (*count ? 2 * (size_t)*count : 1) * size);

		if (!bigger) {
			plan->failed = true;
			return;
		}
		*list = bigger;
	}
	memcpy((char *)*list + *count * size, entry, size);
	++*count;
}

void plan_add_op(struct plan *plan, struct plan_op op)
{
	add(plan, (void **)&plan->ops, &plan->nr_ops, &op, sizeof(op));
}

void plan_add_objection(struct plan *plan, struct plan_objection objection)
{
	add(plan, (void **)&plan->objections, &plan->nr_objections, &objection, sizeof(objection));
}

void plan_add_note(struct plan *plan, const char *device, const char *text)
{
	const struct plan_note note = { device, text };

	add(plan, (void **)&plan->notes, &plan->nr_notes, &note, sizeof(note));
}

void plan_add_boot(struct plan *plan, struct plan_boot boot)
{
	add(plan, (void **)&plan->boots, &plan->nr_boot, &boot, sizeof(boot));
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
	while (plan->texts) {
		struct plan_text *older = plan->texts->older;

		free(plan->texts);
		plan->texts = older;
	}
	free(plan->devices);
	free(plan->ops);
	free(plan->objections);
	free(plan->notes);
	free(plan->boots);
	*plan = (struct plan){ 0 };
}
