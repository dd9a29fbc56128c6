// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses which devices to bind (those asked for, their IOMMU groups, their slots) and to which
 * driver.
 */
#include <stdlib.h>
#include <string.h>

#include "host/groups/verdict.h"
#include "host/plan/plan_internal.h"

struct driver_choice {
	struct plan *plan;
	const struct plan_facts *facts;
	const char *driver; /* NULL: the best for each device */
	bool *chosen;       /* by device index */
};

/*
 * The VFIO driver made for this device, if the kernel has one: it has more features than vfio-pci.
 */
static const char *best_driver(const struct plan_facts *facts, unsigned dev)
{
	const char *module = facts->modules ? facts->modules->devs[dev].variant : NULL;

	return module ? modules_driver_name(module) : "vfio-pci";
}

static bool has_it(const struct host_dev *dev, const char *wanted, bool exactly)
{
	if (!dev->driver)
		return false;
	if (!strcmp(dev->driver, wanted))
		return true;
	return !exactly && verdict_is_vfio(dev->driver) && strcmp(dev->driver, "pci-stub");
}

static void add(struct driver_choice *choice, unsigned dev, enum plan_part part, unsigned with)
{
	const struct host_dev *d = &choice->facts->host->devs[dev];
	const char *driver = choice->driver;

	if (choice->chosen[dev])
		return;
	choice->chosen[dev] = true;
	if (!driver)
		driver = best_driver(choice->facts, dev);
	choice->plan->devices[choice->plan->nr_devices++] = (struct plan_device){
		.dev = dev,
		.name = plan_address(choice->plan, d->addr),
		.part = part,
		.with = with,
		.ready = has_it(d, driver, choice->driver),
		.driver = plan_text(choice->plan, "%s", driver),
	};
}

static void add_company(struct driver_choice *choice, unsigned of)
{
	const struct host *host = choice->facts->host;
	const struct host_dev *dev = &host->devs[of];

	/*
	 * Its group is the VMD controller's, and without the controller's driver it would vanish.
	 */
	if (host_is_behind_vmd(dev))
		return;
	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *other = &host->devs[i];

		/* Devices behind a VMD controller go with it by themselves. */
		if (!host_is_assignable(other) || host_is_behind_vmd(other))
			continue;
		if (dev->group != HOST_NONE && other->group == dev->group)
			add(choice, i, PLAN_GROUP, of);
		/* They share power and reset. */
		else if (host_same_card(host, dev, other))
			add(choice, i, PLAN_SLOT, of);
	}
}

static void add_asked(struct driver_choice *choice, struct pci_addr addr)
{
	const struct host *host = choice->facts->host;
	struct plan *plan = choice->plan;
	int dev = host_find(host, addr);
	const char *name = plan_address(plan, addr);

	if (dev == HOST_NONE)
		plan_add_objection(
			plan, (struct plan_objection){
				      .kind = PLAN_NO_DEVICE,
				      .device = name,
				      .text = plan_text(plan, "there is no PCI function %s", name),
				      .help = "`tenon list` shows those that are there.",
			      });
	else if (!host_is_assignable(&host->devs[dev]))
		plan_add_objection(plan,
			(struct plan_objection){
				.kind = PLAN_NOT_ASSIGNABLE,
				.device = name,
				.text = plan_text(plan,
					"%s is a bridge or another part of the host itself and "
					"cannot be given to a guest",
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
	struct driver_choice choice = { plan, facts, request->driver };

	plan->devices = calloc(facts->host->count + 1, sizeof(*plan->devices));
	choice.chosen = calloc(facts->host->count + 1, sizeof(*choice.chosen));
	if (!plan->devices || !choice.chosen) {
		plan->memory.failed = true;
	} else {
		for (unsigned i = 0; i < request->count; i++)
			add_asked(&choice, request->devices[i]);
		/*
		 * Each added device may add more; the loop ends at the latest with all devices in
		 * the list.
		 */
		for (unsigned i = 0; i < plan->nr_devices; i++)
			add_company(&choice, plan->devices[i].dev);
		qsort(plan->devices, plan->nr_devices, sizeof(*plan->devices), by_index);
	}
	free(choice.chosen);
}
