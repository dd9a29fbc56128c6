// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/plan/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/plan/parts.h"

struct plan_text {
	struct plan_text *older;
	char text[];
};

const char *plan_text(struct plan *plan, const char *fmt, ...)
{
	struct plan_text *text;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	text = n < 0 ? NULL : malloc(sizeof(*text) + n + 1);
	if (!text) {
		plan->failed = true;
		return NULL;
	}
	va_start(args, fmt);
	vsnprintf(text->text, n + 1, fmt, args);
	va_end(args);
	text->older = plan->texts;
	plan->texts = text;
	return text->text;
}

const char *plan_address(struct plan *plan, struct pci_addr addr)
{
	char text[PCI_ADDR_SIZE];

	return plan_text(plan, "%s", pci_addr_text(addr, text));
}

/* Room for one more at the end of a list of @count; its numbers of entries double. */
static void *grow(struct plan *plan, void *list, unsigned count, size_t size)
{
	void *bigger;

	if (count & (count - 1))
		return list;
	bigger = realloc(list, (count ? 2 * (size_t)count : 1) * size);
	if (!bigger)
		plan->failed = true;
	return bigger;
}

void plan_add_op(struct plan *plan, struct plan_op op)
{
	struct plan_op *ops = grow(plan, plan->ops, plan->op_count, sizeof(op));

	if (!ops)
		return;
	plan->ops = ops;
	plan->ops[plan->op_count++] = op;
}

void plan_add_objection(struct plan *plan, struct plan_objection objection)
{
	struct plan_objection *list =
		grow(plan, plan->objections, plan->objection_count, sizeof(objection));

	if (!list)
		return;
	plan->objections = list;
	plan->objections[plan->objection_count++] = objection;
}

bool plan_allowed(const struct plan *plan, bool force)
{
	for (unsigned i = 0; i < plan->objection_count; i++)
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
	*plan = (struct plan){ 0 };
}

bool plan_is_vfio(const char *driver)
{
	if (!driver)
		return false;
	/* Variant drivers are named mlx5_vfio_pci, nvgrace_gpu_vfio_pci, hisi_acc_vfio_pci. */
	return strstr(driver, "vfio") || !strcmp(driver, "pci-stub");
}

static const char *const kind_names[] = {
	[PLAN_MODULE] = "module",
	[PLAN_WRITE] = "write",
	[PLAN_UNBIND] = "unbind",
	[PLAN_KEEP] = "keep",
	[PLAN_BIND] = "bind",
};

const char *plan_kind_name(enum plan_kind kind)
{
	return kind_names[kind];
}

int plan_kind_find(const char *name, enum plan_kind *kind)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (!strcmp(kind_names[i], name)) {
			*kind = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *plan_objection_name(enum plan_objection_kind kind)
{
	static const char *const names[] = {
		[PLAN_NO_DEVICE] = "no-device",
		[PLAN_NOT_ASSIGNABLE] = "not-assignable",
		[PLAN_NO_IOMMU] = "no-iommu",
		[PLAN_GONE] = "gone",
		[PLAN_BOOT_VGA] = "boot-vga",
	};

	return names[kind];
}
