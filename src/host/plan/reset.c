// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/plan/reset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts/reset.h"
#include "host/groups/verdict.h"
#include "host/plan/plan_internal.h"
#include "host/plan/reset_internal.h"

#define DEVICES "/sys/bus/pci/devices"

static const char *const method_names[RESET_METHODS] = {
	[RESET_DEVICE_SPECIFIC] = "device_specific",
	[RESET_FLR] = "flr",
	[RESET_AF_FLR] = "af_flr",
	[RESET_SLOT] = "slot",
	[RESET_BUS] = "bus",
	[RESET_CXL_BUS] = "cxl_bus",
	[RESET_ACPI] = "acpi",
	[RESET_PM] = "pm",
};

const char *reset_method_name(enum reset_method method)
{
	return method_names[method];
}

int reset_method_find(const char *name)
{
	for (unsigned i = 0; i < RESET_METHODS; i++)
		if (!strcmp(method_names[i], name))
			return i;
	return -EINVAL;
}

static void choose(struct reset_plan *plan, int wanted, u32 failed)
{
	plan->chosen = -1;
	for (unsigned i = 0; i < plan->nr_ways && plan->chosen < 0; i++) {
		struct reset_way *way = &plan->ways[i];

		if (failed & BIT(way->method)) {
			way->usable = false;
			way->why = "it was tried, and the kernel says that it does not work here";
		}
		if (wanted < 0 ? way->usable : (int)way->method == wanted)
			plan->chosen = i;
	}
}

/* Objections */

static void object(struct reset_look *look, enum plan_objection_kind kind, bool forceable,
	const char *text, const char *help)
{
	plan_add_objection(&look->plan->base,
		(struct plan_objection){ kind, look->name, text, help, forceable });
}

/* Why VFIO's hot reset cannot be used; each device below a bridge has the method, usable or not. */
static const char *why_not_slot(const struct reset_look *look)
{
	const struct reset_plan *plan = look->plan;

	for (unsigned i = 0; i < plan->nr_ways; i++)
		if (plan->ways[i].method == RESET_SLOT)
			return plan->ways[i].why;
	return "";
}

static void object_to_way(struct reset_look *look, int wanted)
{
	struct plan *base = &look->plan->base;
	const struct reset_way *way =
		look->plan->chosen < 0 ? NULL : &look->plan->ways[look->plan->chosen];

	if (!way && wanted >= 0)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s has no reset '%s'", look->name, method_names[wanted]),
			NULL);
	else if (!way && look->dev->parent != HOST_NONE)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s cannot be reset as things are: %s", look->name,
				why_not_slot(look)),
			plan_text(base,
				"`tenon bind %s` takes the whole card, whose link can be reset "
				"then.",
				look->name));
	else if (!way)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s has no reset at all", look->name),
			"Only having its power cut resets it: a cold start of the host.");
	else if (!way->usable)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s cannot be reset by '%s': %s", look->name,
				method_names[way->method], way->why),
			NULL);
}

static void object_to_state(struct reset_look *look)
{
	struct plan *base = &look->plan->base;
	const struct use *guest = NULL;
	char who[USES_GUEST_TEXT];

	if (look->facts->uses)
		guest = uses_next(look->facts->uses, look->plan->dev, USE_GUEST, NULL);
	if (guest)
		object(look, PLAN_GUEST, false,
			plan_text(base, "%s belongs to a guest: %s", look->name,
				uses_guest_text(guest, who)),
			"End the guest first.");
	if (look->dev->driver && !verdict_is_vfio(look->dev->driver))
		object(look, PLAN_IN_USE, true,
			plan_text(base, "%s works with %s, which may not survive its reset",
				look->dev->driver, look->name),
			"`tenon bind` takes it away from that driver first.");
	if (look->dev->boot_vga)
		object(look, PLAN_BOOT_VGA, true,
			plan_text(base,
				"%s is the display that the firmware started: its picture does not "
				"come back by itself",
				look->name),
			"Use --force on a host that you reach over the network.");
}

/* The groups of the device and of all devices that the reset affects, each once, its own first. */
static const char *groups_of(struct reset_look *look)
{
	struct plan *base = &look->plan->base;
	const char *list = plan_text(base, " %d ", look->dev->group);

	for (unsigned i = 0; list && i < look->plan->nr_company; i++) {
		const struct host_dev *d = &look->facts->host->devs[look->plan->company[i]];
		const char *number = plan_text(base, " %d ", d->group);

		if (d->group != HOST_NONE && !d->bridge && number && !strstr(list, number))
			list = plan_text(base, "%s%d ", list, d->group);
	}
	return list;
}

static void add_ops(struct reset_look *look)
{
	const struct reset_plan *plan = look->plan;
	struct plan *base = &look->plan->base;
	enum reset_method method;

	if (plan->chosen < 0 || !plan->ways[plan->chosen].usable)
		return;
	method = plan->ways[plan->chosen].method;
	if (method == RESET_SLOT) {
		plan_add_op(base, (struct plan_op){
					  .kind = PLAN_RESET,
					  .device = look->name,
					  .file = plan_text(base, "/dev/vfio/%d", look->dev->group),
					  .value = groups_of(look),
					  .why = "whoever owns all that is on a link may reset it",
				  });
		return;
	}
	plan_add_op(base, (struct plan_op){
				  .kind = PLAN_WRITE,
				  .device = look->name,
				  .file = plan_text(base, DEVICES "/%s/reset_method", look->name),
				  .value = method_names[method],
				  .why = "this way and no other that the kernel may fall back to",
			  });
	plan_add_op(base, (struct plan_op){
				  .kind = PLAN_RESET,
				  .device = look->name,
				  .file = plan_text(base, DEVICES "/%s/reset", look->name),
				  .value = "1",
				  .why = "the kernel keeps config space and puts it back",
			  });
}

/* Adds the device to the plan, because the journal is named after it. */
static void add_device(struct reset_look *look)
{
	struct plan *base = &look->plan->base;

	base->devices = calloc(1, sizeof(*base->devices));
	if (!base->devices) {
		base->memory.failed = true;
		return;
	}
	base->devices[base->nr_devices++] =
		(struct plan_device){ .dev = look->plan->dev, .name = look->name };
}

static void tell_of_card(struct reset_plan *plan, const struct reset_look *look)
{
	if (!reset_has_bug(look->dev))
		return;
	plan->remark =
		look->facts->vendor_reset
			? "AMD cards of this generation do not come back from a reset of the bus "
			  "once a driver has started them. vendor-reset, which is loaded, resets "
			  "them by a procedure of its own"
			: "AMD cards of this generation do not come back from a reset of the bus "
			  "once a driver has started them: the next start of a guest fails until "
			  "the host restarts. The module vendor-reset has a procedure for them; "
			  "from Linux 5.15 on it is used once device_specific was written to "
			  "reset_method, which this command does";
}

int reset_plan(struct reset_plan *plan, const struct reset_facts *facts, unsigned dev, int wanted,
	u32 failed)
{
	struct reset_look look = { plan, facts, &facts->host->devs[dev] };

	*plan = (struct reset_plan){ .dev = dev };
	look.name = plan_address(&plan->base, look.dev->addr);
	if (!reset_find_company(&look)) {
		reset_add_ways(&look);
		choose(plan, wanted, failed);
		object_to_way(&look, wanted);
		object_to_state(&look);
		tell_of_card(plan, &look);
		add_device(&look);
		add_ops(&look);
		if (!plan->base.memory.failed)
			return 0;
	}
	reset_plan_close(plan);
	return -ENOMEM;
}

void reset_plan_close(struct reset_plan *plan)
{
	free(plan->company);
	plan->company = NULL;
	plan_close(&plan->base);
}
