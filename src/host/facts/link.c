// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the tree from a list of devices. sysfs tells each device's parent; a dump tells only bus
 * numbers, and may lack some records.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "host/facts/class.h"
#include "host/facts/host.h"

#define FIRST_MADE_UP_DOMAIN 0x10000

/* Rates a record against another of the same device: facts that decide groups count most. */
static int worth(const struct host_dev *dev)
{
	return 100 * __builtin_popcount(dev->known & (HOST_PCIE | HOST_ACS | HOST_ACS_BITS)) +
	       50 * (dev->group != HOST_NONE) + __builtin_popcount(dev->known);
}

static int by_address(const void *a, const void *b)
{
	const struct host_dev *x = a, *y = b;
	int order = pci_addr_cmp(x->addr, y->addr);

	/* Of two records for one device, the one with more facts comes first and is kept. */
	return order ? order : worth(y) - worth(x);
}

static bool in_order(const struct host *host)
{
	for (unsigned i = 1; i < host->count; i++)
		if (pci_addr_cmp(host->devs[i - 1].addr, host->devs[i].addr) >= 0)
			return false;
	return true;
}

static void sort(struct host *host)
{
	unsigned kept = 0;

	if (in_order(host))
		return;
	qsort(host->devs, host->count, sizeof(*host->devs), by_address);
	for (unsigned i = 0; i < host->count; i++)
		if (!kept || !pci_addr_equal(host->devs[kept - 1].addr, host->devs[i].addr))
			host->devs[kept++] = host->devs[i];
	host->count = kept;
}

static unsigned domain_end(const struct host *host, unsigned first)
{
	unsigned end = first;

	while (end < host->count && host->devs[end].addr.domain == host->devs[first].addr.domain)
		end++;
	return end;
}

/* The VFs of a physical function have requester ids at a fixed stride (SR-IOV 2.1.2). */
static bool is_vf_of(const struct host_dev *dev, const struct host_dev *pf)
{
	const struct host_sriov *sriov = &pf->sriov;
	u32 rid = pci_addr_rid(dev->addr), first = pci_addr_rid(pf->addr) + sriov->offset;

	if (dev->addr.domain != pf->addr.domain || rid < first || dev->bridge || dev == pf)
		return false;
	if (!sriov->stride)
		return rid == first && sriov->enabled;
	return (rid - first) % sriov->stride == 0 && (rid - first) / sriov->stride < sriov->enabled;
}

/* The first device at this address or after it. */
static unsigned first_from(const struct host *host, struct pci_addr addr)
{
	unsigned low = 0, high = host->count;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (pci_addr_cmp(host->devs[mid].addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * @steps: how many devices may still be visited. The ranges of correct functions do not overlap, so
 * that together they visit each device once; this bounds the work for others.
 */
static void find_vfs(struct host *host, unsigned pf, unsigned *steps)
{
	const struct host_sriov *sriov = &host->devs[pf].sriov;
	struct pci_addr addr = host->devs[pf].addr;
	u32 first = pci_addr_rid(addr) + sriov->offset;

	if (first > 0xffff)
		return;
	addr.bus = first >> 8;
	addr.dev = first >> 3 & 31;
	addr.fn = first & 7;
	for (unsigned i = first_from(host, addr); i < host->count && *steps; i++, --*steps) {
		struct host_dev *dev = &host->devs[i];
		u32 rid = pci_addr_rid(dev->addr);

		if (dev->addr.domain != addr.domain ||
			rid > first + (u32)sriov->stride * sriov->enabled)
			break;
		if (!is_vf_of(dev, &host->devs[pf]))
			continue;
		dev->vf = true;
		dev->physfn = pf;
		dev->multifunction = false;
	}
}

static void resolve_vfs(struct host *host)
{
	unsigned steps = 8 * host->count;

	for (unsigned i = 0; i < host->count; i++) {
		struct host_dev *dev = &host->devs[i];

		if (dev->vf && dev->bridge)
			dev->vf = false; /* impossible: the capture is damaged */
		if (dev->vf && host_knows(dev, HOST_VF))
			dev->physfn = host_find(host, dev->pf_addr);
		else if (dev->sriov.present && dev->sriov.enabled)
			find_vfs(host, i, &steps);
	}
}

/* Whether a bus that no bridge leads to is a root bus; otherwise the bridge's record is missing. */
static bool fits_root_bus(const struct host_dev *dev)
{
	if (dev->addr.bus == 0 || !host_knows(dev, HOST_PCIE))
		return true;
	switch (dev->pcie_type) {
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_DOWNSTREAM:
	case PCI_EXP_TYPE_PCI_BRIDGE:
		return false;
	default:
		return true;
	}
}

struct bus_map {
	int owner[256];      /* the bridge whose secondary bus this is */
	int cover[256];      /* the innermost bridge that routes to it */
	bool root[256];      /* a device on it shows that it is a root bus */
	unsigned first, end; /* the domain's devices */
};

/* A bridge whose bus numbers do not increase downwards is not configured, and would make a loop. */
static void map_bridge(const struct host *host, struct bus_map *map, unsigned i)
{
	const struct host_dev *dev = &host->devs[i];

	if (!dev->bridge || !host_knows(dev, HOST_BUSES) || dev->secondary <= dev->addr.bus)
		return;
	if (map->owner[dev->secondary] == HOST_NONE)
		map->owner[dev->secondary] = i;
	for (unsigned bus = dev->secondary; bus <= dev->subordinate; bus++) {
		int best = map->cover[bus];

		if (best == HOST_NONE || dev->secondary > host->devs[best].secondary)
			map->cover[bus] = i;
	}
}

static void map_buses(const struct host *host, struct bus_map *map)
{
	for (unsigned bus = 0; bus < 256; bus++) {
		map->owner[bus] = HOST_NONE;
		map->cover[bus] = HOST_NONE;
		map->root[bus] = false;
	}
	for (unsigned i = map->first; i < map->end; i++) {
		const struct host_dev *dev = &host->devs[i];

		if (fits_root_bus(dev) && !dev->vf)
			map->root[dev->addr.bus] = true;
		map_bridge(host, map, i);
	}
}

static void parent_by_bus(struct host *host, struct bus_map *map, struct host_dev *dev)
{
	u8 bus = dev->addr.bus;

	dev->parent = map->owner[bus];
	if (dev->parent != HOST_NONE)
		return;
	dev->parent = map->cover[bus];
	if (dev->parent != HOST_NONE)
		dev->parent_missing = true;
	else
		dev->parent_missing = !map->root[bus];
}

static void resolve_parents(struct host *host, unsigned first, unsigned end)
{
	struct bus_map map = { .first = first, .end = end };

	map_buses(host, &map);
	for (unsigned i = first; i < end; i++) {
		struct host_dev *dev = &host->devs[i];

		if (!dev->above_known) {
			parent_by_bus(host, &map, dev);
			continue;
		}
		dev->parent = dev->on_root_bus ? HOST_NONE : host_find(host, dev->above);
		/*
		 * A path in a capture may be wrong: only a parent on a lower bus cannot make a
		 * loop.
		 */
		if (dev->parent != HOST_NONE && host->devs[dev->parent].addr.bus >= dev->addr.bus)
			dev->parent = HOST_NONE;
		dev->parent_missing = dev->parent == HOST_NONE && !dev->on_root_bus;
	}
	/*
	 * No bridge may lead to a virtual function's bus: its parent is that of its physical
	 * function.
	 */
	for (unsigned i = first; i < end; i++) {
		struct host_dev *dev = &host->devs[i];

		if (dev->vf && dev->physfn != HOST_NONE) {
			dev->parent = host->devs[dev->physfn].parent;
			dev->parent_missing = host->devs[dev->physfn].parent_missing;
		}
	}
}

/* Judges by the driver, or by the ids if the driver is not known. */
static bool is_vmd(const struct host_dev *dev)
{
	static const u16 ids[] = { 0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b, 0x9a0b, 0xa77f, 0xad0b,
		0xb06f, 0xb60b };

	if (dev->class >> 8 != CLASS_RAID)
		return false;
	if (dev->driver && !__builtin_strcmp(dev->driver, "vmd"))
		return true;
	for (unsigned i = 0; dev->vendor == 0x8086 && i < ARRAY_SIZE(ids); i++)
		if (dev->device == ids[i])
			return !host_knows(dev, HOST_DRIVER) || dev->driver;
	return false;
}

/*
 * Domains above 16 bits belong to VMD controllers; the kernel numbers them in the order in which it
 * finds the controllers.
 */
static int next_vmd(const struct host *host, unsigned *from)
{
	for (; *from < host->count; ++*from)
		if (is_vmd(&host->devs[*from]))
			return (*from)++;
	return HOST_NONE;
}

static void resolve_dma(struct host *host)
{
	unsigned from = 0, end;

	for (unsigned first = 0; first < host->count; first = end) {
		int vmd = HOST_NONE;

		end = domain_end(host, first);
		if (host->devs[first].addr.domain >= FIRST_MADE_UP_DOMAIN)
			vmd = next_vmd(host, &from);
		for (unsigned i = first; i < end; i++) {
			struct host_dev *dev = &host->devs[i];

			dev->dma_dev = dev->behind_vmd ? host_find(host, dev->vmd) : vmd;
			if (dev->dma_dev != HOST_NONE &&
				host->devs[dev->dma_dev].addr.domain >= FIRST_MADE_UP_DOMAIN)
				dev->dma_dev = HOST_NONE;
		}
	}
}

/* Goes backwards, so that each list is in the order of addresses. */
static void list_children(struct host *host)
{
	for (unsigned i = host->count; i-- > 0;) {
		struct host_dev *dev = &host->devs[i];

		if (dev->parent == HOST_NONE)
			continue;
		dev->next = host->devs[dev->parent].child;
		host->devs[dev->parent].child = i;
	}
}

/*
 * The header's bit says that function 0 has siblings, and the kernel sets it for the other
 * functions, too. If a dump lacks the register, conclude it from the siblings.
 */
static void mark_multifunction(struct host *host)
{
	for (unsigned i = 1; i < host->count; i++) {
		struct host_dev *dev = &host->devs[i];

		if (dev->vf || dev->addr.fn == 0)
			continue;
		dev->multifunction = true;
		for (unsigned k = i; k-- > 0;) {
			struct host_dev *first = &host->devs[k];

			if (!pci_addr_same_slot(first->addr, dev->addr))
				break;
			if (!first->vf && !host_knows(first, HOST_HEADER))
				first->multifunction = true;
		}
	}
}

void host_link(struct host *host)
{
	unsigned end;

	sort(host);
	resolve_vfs(host);
	for (unsigned first = 0; first < host->count; first = end) {
		end = domain_end(host, first);
		resolve_parents(host, first, end);
	}
	resolve_dma(host);
	list_children(host);
	mark_multifunction(host);
	host->acs_untouched = true;
	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *dev = &host->devs[i];

		if (dev->group != HOST_NONE)
			host->groups_known = true;
		if (dev->group != HOST_NONE || dev->acs.ctrl & PCI_ACS_ISOLATION)
			host->acs_untouched = false;
	}
}
