// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/plan/reset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/plan/parts.h"
#include "host/topo/reset.h"
#include "host/topo/verdict.h"

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

struct look {
	struct reset_plan *plan;
	const struct reset_facts *facts;
	const struct host_dev *dev;
	const char *name;
};

/* Company */

/* Whether the reset of the bus that @dev is on reaches @other: same bus, or below it. */
static bool goes_along(const struct host *host, const struct host_dev *dev, unsigned other)
{
	int at = other;

	for (unsigned depth = 0; at != HOST_NONE && depth < 256; depth++) {
		if (host->devs[at].parent == dev->parent)
			return true;
		at = host->devs[at].parent;
	}
	return false;
}

static int find_company(struct look *look)
{
	const struct host *host = look->facts->host;
	struct reset_plan *plan = look->plan;

	plan->company = calloc(host->count + 1, sizeof(*plan->company));
	if (!plan->company)
		return -ENOMEM;
	if (look->dev->parent == HOST_NONE)
		return 0;
	for (unsigned i = 0; i < host->count; i++)
		if (i != plan->dev && goes_along(host, look->dev, i))
			plan->company[plan->company_count++] = i;
	return 0;
}

static bool is_ours(const struct look *look, unsigned dev)
{
	const struct host_dev *d = &look->facts->host->devs[dev];

	if (d->driver && (!verdict_is_vfio(d->driver) || !strcmp(d->driver, "pci-stub")))
		return false;
	return !look->facts->users || !users_next(look->facts->users, dev, USE_GUEST, NULL);
}

/* The first that is not with VFIO and free, as text for a sentence; NULL where all are. */
static const char *not_ours(struct look *look)
{
	const struct host *host = look->facts->host;

	for (unsigned i = 0; i < look->plan->company_count; i++) {
		const struct host_dev *d = &host->devs[look->plan->company[i]];
		char addr[PCI_ADDR_SIZE];

		if (is_ours(look, look->plan->company[i]))
			continue;
		return plan_text(&look->plan->base, "it would take %s along, which %s has",
			pci_addr_text(d->addr, addr),
			d->driver && !verdict_is_vfio(d->driver) ? d->driver : "a guest");
	}
	return NULL;
}

/* Ways */

static void add_way(struct look *look, enum reset_method method, bool usable, const char *why)
{
	look->plan->ways[look->plan->way_count++] = (struct reset_way){ method, usable, why };
}

static bool listed(const struct look *look, enum reset_method method)
{
	return reset_has_method(look->dev->reset_methods, method_names[method]);
}

static void add_device_specific(struct look *look)
{
	if (listed(look, RESET_DEVICE_SPECIFIC))
		add_way(look, RESET_DEVICE_SPECIFIC, true,
			"a procedure for this very kind of device");
	else if (reset_has_bug(look->dev) && look->facts->vendor_reset)
		add_way(look, RESET_DEVICE_SPECIFIC, true,
			"vendor-reset has a procedure for it, which the kernel lists only once it "
			"was written to reset_method");
	else if (reset_has_bug(look->dev))
		add_way(look, RESET_DEVICE_SPECIFIC, false,
			"the module vendor-reset would have one; it is not loaded");
}

/* All functions together, which is what a card with several of them has to have. */
static void add_slot(struct look *look)
{
	const char *other = not_ours(look);

	if (look->dev->parent == HOST_NONE)
		add_way(look, RESET_SLOT, false, "it is on a root bus, which has no link to reset");
	else if (!look->dev->driver || !verdict_is_vfio(look->dev->driver) ||
		 !strcmp(look->dev->driver, "pci-stub"))
		add_way(look, RESET_SLOT, false,
			"VFIO has to have the device for it: `tenon bind` gives it the card");
	else if (other)
		add_way(look, RESET_SLOT, false, other);
	else
		add_way(look, RESET_SLOT, true,
			look->plan->company_count
				? "the link above it, with all that hangs on it, all of it VFIO's"
				: "the link above it");
}

/* Listed also for the first function of several, which was alone when the kernel looked. */
static void add_bus(struct look *look)
{
	bool alone = !look->plan->company_count;

	if (listed(look, RESET_BUS))
		add_way(look, RESET_BUS, alone,
			alone ? "the link above it, on which it is alone"
			      : "the kernel does this only for a device that is alone on its link");
}

static void add_listed(struct look *look, enum reset_method method, const char *why)
{
	if (listed(look, method))
		add_way(look, method, true, why);
}

static void add_ways(struct look *look)
{
	add_device_specific(look);
	add_listed(look, RESET_FLR, "the function's own reset; the others are left alone");
	add_listed(look, RESET_AF_FLR, "the function's own reset; the others are left alone");
	add_bus(look);
	add_slot(look);
	add_listed(look, RESET_CXL_BUS, "the link above it, with its CXL state");
	add_listed(look, RESET_ACPI, "the firmware has a method for this slot");
	add_listed(look, RESET_PM,
		host_is_gpu(look->dev)
			? "to sleep and back; many graphics cards claim it and are not reset"
			: "to sleep and back");
}

static void choose(struct reset_plan *plan, int wanted, u32 failed)
{
	plan->chosen = -1;
	for (unsigned i = 0; i < plan->way_count && plan->chosen < 0; i++) {
		struct reset_way *way = &plan->ways[i];

		if (failed & BIT(way->method)) {
			way->usable = false;
			way->why = "it was tried, and the kernel says that it does not work here";
		}
		if (wanted < 0 ? way->usable : (int)way->method == wanted)
			plan->chosen = i;
	}
}

/* What speaks against it */

static void object(struct look *look, enum plan_objection_kind kind, bool forceable,
	const char *text, const char *help)
{
	plan_add_objection(&look->plan->base,
		(struct plan_objection){ kind, look->name, text, help, forceable });
}

static void object_to_way(struct look *look, int wanted)
{
	struct plan *base = &look->plan->base;
	const struct reset_way *way =
		look->plan->chosen < 0 ? NULL : &look->plan->ways[look->plan->chosen];

	if (!way && wanted >= 0)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s has no reset '%s'", look->name, method_names[wanted]),
			NULL);
	else if (!way)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s cannot be reset", look->name),
			"Without its power being cut, that is: a cold start of the host does it.");
	else if (!way->usable)
		object(look, PLAN_NO_RESET, false,
			plan_text(base, "%s cannot be reset by '%s': %s", look->name,
				method_names[way->method], way->why),
			NULL);
}

static void object_to_state(struct look *look)
{
	struct plan *base = &look->plan->base;
	const struct use *guest = NULL;

	if (look->facts->users)
		guest = users_next(look->facts->users, look->plan->dev, USE_GUEST, NULL);
	if (guest)
		object(look, PLAN_GUEST, false,
			plan_text(base, "%s belongs to a guest: %s, process %d", look->name,
				guest->what, guest->pid),
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

/* The groups of the device and of all that goes along, each once, its own first. */
static const char *groups_of(struct look *look)
{
	struct plan *base = &look->plan->base;
	const char *list = plan_text(base, " %d ", look->dev->group);

	for (unsigned i = 0; list && i < look->plan->company_count; i++) {
		const struct host_dev *d = &look->facts->host->devs[look->plan->company[i]];
		const char *number = plan_text(base, " %d ", d->group);

		if (d->group != HOST_NONE && !d->bridge && number && !strstr(list, number))
			list = plan_text(base, "%s%d ", list, d->group);
	}
	return list;
}

static void add_ops(struct look *look)
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

/* For the journal: whose transaction it is. */
static void add_device(struct look *look)
{
	struct plan *base = &look->plan->base;

	base->devices = calloc(1, sizeof(*base->devices));
	if (!base->devices) {
		base->failed = true;
		return;
	}
	base->devices[base->device_count++] =
		(struct plan_device){ .dev = look->plan->dev, .name = look->name };
}

static void tell_of_card(struct reset_plan *plan, const struct look *look)
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
	struct look look = { plan, facts, &facts->host->devs[dev] };

	*plan = (struct reset_plan){ .dev = dev };
	look.name = plan_address(&plan->base, look.dev->addr);
	if (!find_company(&look)) {
		add_ways(&look);
		choose(plan, wanted, failed);
		object_to_way(&look, wanted);
		object_to_state(&look);
		tell_of_card(plan, &look);
		add_device(&look);
		add_ops(&look);
		if (!plan->base.failed)
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
