// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the reset methods of a device, in the order of how well cards recover from them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts/reset.h"
#include "host/groups/verdict.h"
#include "host/plan/plan_internal.h"
#include "host/plan/reset_internal.h"

/* Other devices that a reset affects */

/* Whether a reset of the bus of @dev affects @other, which is on the same bus or below it. */
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

int reset_find_company(struct reset_look *look)
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
			plan->company[plan->nr_company++] = i;
	return 0;
}

static bool is_ours(const struct reset_look *look, unsigned dev)
{
	const struct host_dev *d = &look->facts->host->devs[dev];

	if (d->driver && (!verdict_is_vfio(d->driver) || !strcmp(d->driver, "pci-stub")))
		return false;
	return !look->facts->uses || !uses_next(look->facts->uses, dev, USE_GUEST, NULL);
}

/*
 * The first affected device that is not bound to VFIO or that a guest has, as part of a sentence;
 * NULL if there is none.
 */
static const char *not_ours(struct reset_look *look)
{
	const struct host *host = look->facts->host;

	for (unsigned i = 0; i < look->plan->nr_company; i++) {
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

/* Methods */

static void add_way(struct reset_look *look, enum reset_method method, bool usable, const char *why)
{
	look->plan->ways[look->plan->nr_ways++] = (struct reset_way){ method, usable, why };
}

static bool listed(const struct reset_look *look, enum reset_method method)
{
	return reset_has_method(look->dev->reset_methods, reset_method_name(method));
}

static void add_device_specific(struct reset_look *look)
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

/* Resets all functions together, which cards with several functions need. */
static void add_slot(struct reset_look *look)
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
			look->plan->nr_company
				? "the link above it, with all that hangs on it, all of it VFIO's"
				: "the link above it");
}

/*
 * The kernel lists this also for the first of several functions, which was alone when the kernel
 * checked.
 */
static void add_bus(struct reset_look *look)
{
	bool alone = !look->plan->nr_company;

	if (listed(look, RESET_BUS))
		add_way(look, RESET_BUS, alone,
			alone ? "the link above it, on which it is alone"
			      : "the kernel does this only for a device that is alone on its link");
}

static void add_listed(struct reset_look *look, enum reset_method method, const char *why)
{
	if (listed(look, method))
		add_way(look, method, true, why);
}

void reset_add_ways(struct reset_look *look)
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
