// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How Linux forms groups (drivers/iommu/iommu.c, pci_device_group(), up to 6.18). Devices are
 * visited in the order in which the kernel finds them. Each joins an existing group for the first
 * of these reasons that applies, or else gets a new group:
 *
 *  1. a device whose requester id replaces its own (a conventional PCI bridge, a VMD) has a group;
 *  2. walking up from there to the first port whose path to the root is isolated, a device met on
 *     the way has a group;
 *  3. a device on the same bus shares a requester id with the last device of that walk, and has a
 *     group;
 *  4. a function of the same device has a group, and neither side isolates.
 *
 * The reasons are kept, because they are what a user wants to know.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "base/own.h"
#include "host/facts/class.h"
#include "host/groups/groups.h"
#include "host/groups/isolation.h"
#include "host/groups/quirks.h"

#define PCI_VENDOR_ATI 0x1002

struct dev_isolation;

struct walk {
	const struct host *host;
	struct groups *groups;
	unsigned *order;                     /* device indices in the kernel's order */
	struct dev_isolation *dev_isolation; /* by device */
	bool aliases; /* some device of the host uses a requester id that is not its own */
};

/* The result of isolation_of() and conclusions from it, computed once per device. */
struct dev_isolation {
	bool isolates;
	bool unknown;
	bool path;  /* it and every port above it isolate */
	bool alias; /* it also uses a requester id that is not its own */
	int lost;   /* the topmost port from it upwards that does not isolate, HOST_NONE */
};

static bool same_bus(const struct host_dev *a, const struct host_dev *b)
{
	return a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

static int group_of(const struct walk *walk, int dev)
{
	return walk->groups->join[dev].group;
}

/*
 * The devices of one bus are consecutive in the sorted list. A virtual function counts to the bus
 * with its number.
 */
static void bus_range(const struct host *host, unsigned dev, unsigned *first, unsigned *end)
{
	*first = dev;
	*end = dev + 1;
	while (*first > 0 && same_bus(&host->devs[*first - 1], &host->devs[dev]))
		--*first;
	while (*end < host->count && same_bus(&host->devs[*end], &host->devs[dev]))
		++*end;
}

static bool share_id(const struct host_dev *a, const struct host_dev *b, const char **quirk)
{
	struct devfn_map map;

	*quirk = quirk_dma_aliases(a, &map);
	if (*quirk && devfn_in(&map, pci_addr_devfn(b->addr)))
		return true;
	*quirk = quirk_dma_aliases(b, &map);
	return *quirk && devfn_in(&map, pci_addr_devfn(a->addr));
}

static void slot_range(const struct host *host, unsigned dev, unsigned *first, unsigned *end)
{
	u8 slot = host->devs[dev].addr.dev;

	bus_range(host, dev, first, end);
	while (host->devs[*first].addr.dev != slot)
		++*first;
	while (host->devs[*end - 1].addr.dev != slot)
		--*end;
}

/* The existing group that a search found, and the device that led to it. */
struct found {
	int group;
	int via;
	enum join_reason reason;
	const char *quirk;
};

static bool by_functions(
	const struct walk *walk, unsigned dev, struct devfn_map *seen, struct found *found);

/*
 * Searches for the group of a device that shares a requester id with @dev. @seen prevents endless
 * loops.
 */
static bool by_shared_id(
	const struct walk *walk, unsigned dev, struct devfn_map *seen, struct found *found)
{
	u8 devfn = pci_addr_devfn(walk->host->devs[dev].addr);
	unsigned first, end;

	if (devfn_in(seen, devfn))
		return false;
	seen->bits[devfn / 64] |= BIT_ULL(devfn % 64);
	if (group_of(walk, dev) != HOST_NONE) {
		found->group = group_of(walk, dev);
		found->via = dev;
		return true;
	}
	if (!walk->aliases)
		return false;
	bus_range(walk->host, dev, &first, &end);
	for (unsigned i = first; i < end; i++) {
		const char *quirk;

		if (i == dev || !(walk->dev_isolation[dev].alias || walk->dev_isolation[i].alias) ||
			!share_id(&walk->host->devs[dev], &walk->host->devs[i], &quirk))
			continue;
		if (by_shared_id(walk, i, seen, found) || by_functions(walk, i, seen, found)) {
			found->reason = JOIN_SHARED_ID;
			found->quirk = quirk;
			found->via = i;
			return true;
		}
	}
	return false;
}

static bool by_functions(
	const struct walk *walk, unsigned dev, struct devfn_map *seen, struct found *found)
{
	unsigned first, end;

	if (!walk->host->devs[dev].multifunction || walk->dev_isolation[dev].isolates)
		return false;
	slot_range(walk->host, dev, &first, &end);
	for (unsigned i = first; i < end; i++) {
		if (i == dev || walk->dev_isolation[i].isolates)
			continue;
		if (by_shared_id(walk, i, seen, found)) {
			found->reason = JOIN_FUNCTIONS;
			found->via = i;
			return true;
		}
	}
	return false;
}

/* The kernel finds the devices of a bus in order, and then those behind its bridges. */
static void order_bus(struct walk *walk, unsigned *n, int first)
{
	const struct host_dev *devs = walk->host->devs;

	for (int i = first; i != HOST_NONE; i = devs[i].next)
		if (!devs[i].vf)
			walk->order[(*n)++] = i;
	for (int i = first; i != HOST_NONE; i = devs[i].next)
		if (!devs[i].vf && devs[i].child != HOST_NONE)
			order_bus(walk, n, devs[i].child);
}

static void order_devices(struct walk *walk)
{
	const struct host *host = walk->host;
	unsigned n = 0, end;

	for (unsigned first = 0; first < host->count; first = end) {
		for (end = first; end < host->count; end++) {
			if (!same_bus(&host->devs[first], &host->devs[end]))
				break;
			if (host->devs[end].parent == HOST_NONE && !host->devs[end].vf)
				walk->order[n++] = end;
		}
		for (unsigned i = first; i < end; i++)
			if (host->devs[i].parent == HOST_NONE && !host->devs[i].vf)
				order_bus(walk, &n, host->devs[i].child);
	}
	/* Virtual functions come last, because drivers create them. */
	for (unsigned i = 0; i < host->count; i++)
		if (host->devs[i].vf)
			walk->order[n++] = i;
}

static void judge(struct walk *walk)
{
	const struct host *host = walk->host;

	for (unsigned i = 0; i < host->count; i++) {
		struct isolation is = isolation_of(host, &host->devs[i]);
		struct dev_isolation *dev_isolation = &walk->dev_isolation[i];
		struct devfn_map map;

		dev_isolation->isolates = is.isolates;
		dev_isolation->unknown = is.reason == ISOLATION_UNKNOWN;
		dev_isolation->alias = quirk_dma_aliases(&host->devs[i], &map) != NULL;
		walk->aliases |= dev_isolation->alias;
	}
	/* In this order a parent comes before its children. */
	for (unsigned k = 0; k < host->count; k++) {
		unsigned i = walk->order[k];
		struct dev_isolation *dev_isolation = &walk->dev_isolation[i];
		const struct dev_isolation *above =
			host->devs[i].parent == HOST_NONE
				? NULL
				: &walk->dev_isolation[host->devs[i].parent];

		dev_isolation->path = dev_isolation->isolates && (!above || above->path);
		dev_isolation->lost = above && above->lost != HOST_NONE ? above->lost
				      : dev_isolation->isolates         ? HOST_NONE
									: (int)i;
	}
}

/*
 * AMD's table of devices starts after the IOMMU itself, so the IOMMU, and the host bridge before it
 * in the same slot, are in no group. On older chips with ATI's ids, the table includes the host
 * bridge.
 */
static bool is_translated(const struct host *host, unsigned dev)
{
	unsigned first, end;

	if (host->devs[dev].class >> 8 == CLASS_IOMMU)
		return false;
	if (host->devs[dev].class >> 8 != CLASS_HOST_BRIDGE ||
		host->devs[dev].vendor == PCI_VENDOR_ATI)
		return true;
	slot_range(host, dev, &first, &end);
	for (unsigned i = dev; i < end; i++)
		if (host->devs[i].class >> 8 == CLASS_IOMMU)
			return false;
	return true;
}

/* Searches upwards for a device that puts its own id on the requests of @dev. */
static bool by_requester_id(const struct walk *walk, unsigned dev, struct join *join, int *top)
{
	const struct host *host = walk->host;

	*top = dev;
	if (host->devs[dev].dma_dev != HOST_NONE) {
		*top = host->devs[dev].dma_dev;
		if (group_of(walk, *top) == HOST_NONE)
			return false;
		*join = (struct join){ group_of(walk, *top), JOIN_VMD, *top, *top, NULL };
		return true;
	}
	for (int i = host->devs[dev].parent; i != HOST_NONE; i = host->devs[i].parent) {
		const struct host_dev *bridge = &host->devs[i];

		if (quirk_translates_at_bridge(bridge))
			break;
		switch (isolation_port_type(host, bridge)) {
		case PCI_EXP_TYPE_ROOT_PORT:
		case PCI_EXP_TYPE_UPSTREAM:
		case PCI_EXP_TYPE_DOWNSTREAM:
			continue;
		case HOST_NONE:
			if (!host_knows(bridge, HOST_PCIE))
				continue;
		}
		*top = i;
		if (group_of(walk, i) == HOST_NONE)
			continue;
		*join = (struct join){ group_of(walk, i), JOIN_BRIDGE_ID, i, i, NULL };
		return true;
	}
	return false;
}

/*
 * Walks up to the first port whose path to the root is isolated, and joins a group met on the way.
 */
static bool by_port(const struct walk *walk, int *top, struct join *join)
{
	const struct host *host = walk->host;

	for (int i = host->devs[*top].parent; i != HOST_NONE; i = host->devs[i].parent) {
		if (walk->dev_isolation[i].path)
			return false;
		*top = i;
		if (group_of(walk, i) == HOST_NONE)
			continue;
		*join = (struct join){ group_of(walk, i), JOIN_PORT, walk->dev_isolation[i].lost, i,
			NULL };
		if (walk->dev_isolation[join->at].unknown)
			join->reason = JOIN_UNKNOWN;
		return true;
	}
	return false;
}

static bool by_neighbour(const struct walk *walk, unsigned top, struct join *join)
{
	struct found found = { .group = HOST_NONE, .via = HOST_NONE };
	struct devfn_map seen = { 0 };

	if (!by_shared_id(walk, top, &seen, &found) && !by_functions(walk, top, &seen, &found))
		return false;
	*join = (struct join){ found.group, found.reason, top, found.via, found.quirk };
	if (found.reason == JOIN_FUNCTIONS &&
		(walk->dev_isolation[top].unknown || walk->dev_isolation[found.via].unknown))
		join->reason = JOIN_UNKNOWN;
	return true;
}

static void place(struct walk *walk, unsigned dev)
{
	struct groups *groups = walk->groups;
	struct join *join = &groups->join[dev];
	int top;

	if (!is_translated(walk->host, dev)) {
		join->reason = JOIN_NOT_TRANSLATED;
		return;
	}
	if (!by_requester_id(walk, dev, join, &top) && !by_port(walk, &top, join) &&
		!by_neighbour(walk, top, join)) {
		join->group = groups->count++;
		join->reason = JOIN_FIRST;
		groups->list[join->group].id = HOST_NONE;
	}
	if (walk->host->devs[dev].parent_missing)
		join->reason = JOIN_UNKNOWN;
	if (join->reason == JOIN_UNKNOWN)
		groups->unknown++;
}

int groups_predict(const struct host *host, struct groups *groups)
{
	size_t room = host->count ? host->count : 1;
	own_free unsigned *order = calloc(room, sizeof(*order));
	own_free struct dev_isolation *dev_isolation = calloc(room, sizeof(*dev_isolation));
	struct walk walk = { host, groups, order, dev_isolation, false };

	if (groups_alloc(groups, host))
		return -ENOMEM;
	groups->join = calloc(room, sizeof(*groups->join));
	if (!order || !dev_isolation || !groups->join)
		goto no_memory;

	for (unsigned i = 0; i < host->count; i++)
		groups->join[i] =
			(struct join){ HOST_NONE, JOIN_FIRST, HOST_NONE, HOST_NONE, NULL };
	order_devices(&walk);
	judge(&walk);
	for (unsigned k = 0; k < host->count; k++)
		place(&walk, order[k]);
	for (unsigned i = 0; i < host->count; i++)
		groups->of[i] = groups->join[i].group;
	groups_collect(groups, host);
	return 0;

no_memory:
	groups_close(groups);
	return -ENOMEM;
}
