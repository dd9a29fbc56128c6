// SPDX-License-Identifier: GPL-2.0-or-later
/* Which devices go together: the request, its IOMMU groups, its slots. */
#include <stdlib.h>
#include <string.h>

#include "host/plan/parts.h"

struct choice {
	struct plan *plan;
	const struct host *host;
	const char *driver;
	bool *chosen; /* by device index */
};

static void add(struct choice *choice, unsigned dev, enum plan_part part, unsigned with)
{
	const struct host_dev *d = &choice->host->devs[dev];
	const char *driver = choice->driver;

	if (choice->chosen[dev])
		return;
	choice->chosen[dev] = true;
	choice->plan->devices[choice->plan->device_count++] = (struct plan_device){
		.dev = dev,
		.name = plan_address(choice->plan, d->addr),
		.part = part,
		.with = with,
		.ready = d->driver &&
			 (driver ? !strcmp(d->driver, driver)
				 : plan_is_vfio(d->driver) && strcmp(d->driver, "pci-stub")),
	};
}

/*
 * Functions of one card behind a bridge: they share its power and its reset. What the chipset
 * puts under one number on its own bus are unrelated devices, and virtual functions are given
 * away one by one.
 */
static bool same_slot(const struct host_dev *a, const struct host_dev *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus &&
	       a->addr.dev == b->addr.dev && a->parent != HOST_NONE && !a->vf && !b->vf;
}

static void add_company(struct choice *choice, unsigned of)
{
	const struct host_dev *dev = &choice->host->devs[of];

	for (unsigned i = 0; i < choice->host->count; i++) {
		const struct host_dev *other = &choice->host->devs[i];

		if (!host_is_assignable(other))
			continue;
		if (dev->group != HOST_NONE && other->group == dev->group)
			add(choice, i, PLAN_GROUP, of);
		else if (same_slot(dev, other))
			add(choice, i, PLAN_SLOT, of);
	}
}

static void add_asked(struct choice *choice, struct pci_addr addr)
{
	struct plan *plan = choice->plan;
	int dev = host_find(choice->host, addr);
	const char *name = plan_address(plan, addr);

	if (dev == HOST_NONE)
		plan_add_objection(
			plan, (struct plan_objection){
				      .kind = PLAN_NO_DEVICE,
				      .device = name,
				      .text = plan_text(plan, "there is no PCI function %s", name),
				      .help = "`tenon list` shows those that are there",
			      });
	else if (!host_is_assignable(&choice->host->devs[dev]))
		plan_add_objection(
			plan, (struct plan_objection){
				      .kind = PLAN_NOT_ASSIGNABLE,
				      .device = name,
				      .text = plan_text(plan,
					      "%s is a bridge or another part of the host itself, "
					      "and cannot be given to a guest",
					      name),
			      });
	else
		add(choice, dev, PLAN_ASKED, dev);
}

static int by_index(const void *a, const void *b)
{
	const struct plan_device *x = a, *y = b;

	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

void plan_choose(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	struct choice choice = { plan, facts->host, request->driver };

	plan->devices = calloc(facts->host->count + 1, sizeof(*plan->devices));
	choice.chosen = calloc(facts->host->count + 1, sizeof(*choice.chosen));
	if (!plan->devices || !choice.chosen) {
		plan->failed = true;
	} else {
		for (unsigned i = 0; i < request->count; i++)
			add_asked(&choice, request->devices[i]);
		/* Each that is added may bring more; the list ends with all devices in it. */
		for (unsigned i = 0; i < plan->device_count; i++)
			add_company(&choice, plan->devices[i].dev);
		qsort(plan->devices, plan->device_count, sizeof(*plan->devices), by_index);
	}
	free(choice.chosen);
}
