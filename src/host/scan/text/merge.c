// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Merges the records of a device in several listings, because one may show what another does not.
 * Two listings that contradict each other about a device's identity or its group come from two
 * hosts or two times: they are kept apart, and the one with the most devices is used. Drivers may
 * change while a host runs: then the later listing counts, and no driver of the earlier one is
 * used.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/facts/class.h"
#include "host/scan/text/split.h"

/* The most states of a host that are told apart in one text; listings that fit none are ignored. */
#define MAX_STATES 4

static u64 key_of(struct pci_addr addr)
{
	return ((u64)addr.domain << 16 | pci_addr_rid(addr)) + 1;
}

static unsigned slot_of(const struct addr_map *map, u64 key)
{
	unsigned i = (key * 0x9e3779b97f4a7c15ull) >> 40 & (map->size - 1);

	while (map->key[i] && map->key[i] != key)
		i = (i + 1) & (map->size - 1);
	return i;
}

static int grow(struct addr_map *map)
{
	unsigned size = map->size ? 2 * map->size : 256;
	struct addr_map bigger = { calloc(size, sizeof(*bigger.key)),
		calloc(size, sizeof(*bigger.at)), size, map->used };

	if (!bigger.key || !bigger.at) {
		addr_map_close(&bigger);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < map->size; i++) {
		unsigned to;

		if (!map->key[i])
			continue;
		to = slot_of(&bigger, map->key[i]);
		bigger.key[to] = map->key[i];
		bigger.at[to] = map->at[i];
	}
	addr_map_close(map);
	*map = bigger;
	return 0;
}

int addr_map_put(struct addr_map *map, struct pci_addr addr, unsigned value)
{
	unsigned i;

	if (2 * map->used >= map->size && grow(map))
		return -ENOMEM;
	i = slot_of(map, key_of(addr));
	map->used += !map->key[i];
	map->key[i] = key_of(addr);
	map->at[i] = value;
	return 0;
}

int addr_map_get(const struct addr_map *map, struct pci_addr addr)
{
	unsigned i;

	if (!map || !map->size)
		return HOST_NONE;
	i = slot_of(map, key_of(addr));
	return map->key[i] ? (int)map->at[i] : HOST_NONE;
}

void addr_map_close(struct addr_map *map)
{
	free(map->key);
	free(map->at);
	*map = (struct addr_map){ 0 };
}

/* The state of a host at one time. */
struct state {
	struct host host; /* only its devices */
	struct addr_map map;
	struct note {
		unsigned line, driver_line;
		int driver_listing;
	} * notes;
	bool kernel;                  /* it begins with the kernel's messages: another boot */
	int drivers_from;             /* drivers of listings before this one are contradicted */
	struct contradiction against; /* why it is not the first; text NULL: it is */
};

struct merging {
	struct splitter *s;
	struct state states[MAX_STATES];
	unsigned nr_states, last;
	int *state_of; /* index of the state, by listing; HOST_NONE: none */
};

static struct note *note_of(struct state *state, const struct host_dev *dev)
{
	return &state->notes[dev - state->host.devs];
}

/* Contradictions */

static const char *say_text(struct merging *m, const char *text)
{
	return split_keep(m->s, (struct span){ text, strlen(text) });
}

static bool explicit_ids(const struct host_dev *dev)
{
	return host_knows(dev, HOST_IDS) && !(dev->known & HOST_IDS_BY_NAME);
}

/* Says why two records cannot be one device; "" if they can. */
static void find_conflict(
	const struct host_dev *a, const struct host_dev *b, char *text, size_t size)
{
	char addr[PCI_ADDR_SIZE];
	bool ids = explicit_ids(a) && explicit_ids(b);

	text[0] = '\0';
	pci_addr_text(a->addr, addr);
	if (ids && (a->vendor != b->vendor || a->device != b->device))
		snprintf(text, size, "%s is %04x:%04x in one and %04x:%04x in the other", addr,
			a->vendor, a->device, b->vendor, b->device);
	else if (!ids && host_knows(a, HOST_CLASS) && host_knows(b, HOST_CLASS) &&
		 a->class >> 8 != b->class >> 8)
		snprintf(text, size, "%s has the class %04x in one and %04x in the other", addr,
			a->class >> 8, b->class >> 8);
	else if (host_knows(a, HOST_GROUP) && host_knows(b, HOST_GROUP) && a->group != b->group)
		snprintf(text, size, "%s is in group %d in one and in %d in the other", addr,
			a->group, b->group);
	else if (host_knows(a, HOST_BUSES) && host_knows(b, HOST_BUSES) && a->secondary &&
		 b->secondary && a->secondary != b->secondary)
		snprintf(text, size, "%s leads to bus %02x in one and to %02x in the other", addr,
			a->secondary, b->secondary);
}

/* Whether the records from @first to @end fit the state; if not, sets the contradiction. */
static bool fits(struct merging *m, struct state *state, unsigned first, unsigned end,
	struct contradiction *why)
{
	for (unsigned i = first; i < end; i++) {
		const struct host_dev *dev = &m->s->raw->devs[i];
		int at = addr_map_get(&state->map, dev->addr);
		char text[160];

		if (at == HOST_NONE)
			continue;
		find_conflict(&state->host.devs[at], dev, text, sizeof(text));
		if (!text[0])
			continue;
		*why = (struct contradiction){ m->s->notes[i].line, state->notes[at].line,
			say_text(m, text) };
		return false;
	}
	return true;
}

static void tell(struct reading *reading, struct contradiction one)
{
	if (one.text && reading->nr_contradictions < READING_KEPT)
		reading->contradictions[reading->nr_contradictions++] = one;
}

/* Merging */

static bool news(const struct host_dev *to, const struct host_dev *from, u32 fact)
{
	return from->known & fact && !(to->known & fact);
}

static void merge_identity(struct host_dev *to, const struct host_dev *from)
{
	if (news(to, from, HOST_IDS) || (explicit_ids(from) && !explicit_ids(to))) {
		to->vendor = from->vendor;
		to->device = from->device;
		to->known &= ~HOST_IDS_BY_NAME;
		to->known |= from->known & HOST_IDS_BY_NAME;
	} else if (!to->vendor) {
		/* Only the vendor is known, by name. */
		to->vendor = from->vendor;
	}
	if (news(to, from, HOST_SUBSYSTEM)) {
		to->subvendor = from->subvendor;
		to->subdevice = from->subdevice;
	}
	/* Some listings show the interface with the class. */
	if (news(to, from, HOST_CLASS))
		to->class = from->class;
	else if (from->known & HOST_CLASS && !(to->class & 0xff))
		to->class |= from->class & 0xff;
	if (!to->revision)
		to->revision = from->revision;
	/*
	 * Independent of the order: take the longer name, or of two equally long the first by
	 * alphabet.
	 */
	if (from->name && (!to->name || strlen(from->name) > strlen(to->name) ||
				  (strlen(from->name) == strlen(to->name) &&
					  strcmp(from->name, to->name) < 0)))
		to->name = from->name;
	if (!to->slot)
		to->slot = from->slot;
}

static void merge_place(struct host_dev *to, const struct host_dev *from)
{
	if (news(to, from, HOST_HEADER) || (from->bridge && !to->bridge))
		to->header = from->header;
	to->bridge |= from->bridge;
	to->multifunction |= from->multifunction;
	if (news(to, from, HOST_BUSES) || (from->known & HOST_BUSES && !to->secondary)) {
		to->secondary = from->secondary;
		to->subordinate = from->subordinate;
	}
	if (from->above_known && !to->above_known) {
		to->above_known = true;
		to->above = from->above;
		to->on_root_bus = from->on_root_bus;
	}
	if (news(to, from, HOST_GROUP))
		to->group = from->group;
	if (news(to, from, HOST_NUMA))
		to->numa = from->numa;
}

static void merge_capabilities(struct host_dev *to, const struct host_dev *from)
{
	if (news(to, from, HOST_PCIE)) {
		to->pcie_type = from->pcie_type;
		to->has_slot = from->has_slot;
	}
	to->has_slot |= from->has_slot;
	if (news(to, from, HOST_ACS) || news(to, from, HOST_ACS_BITS))
		to->acs = from->acs;
	if (news(to, from, HOST_ACS_AT_8))
		to->acs_at_8 = from->acs_at_8;
	if (news(to, from, HOST_LINK))
		to->link = from->link;
	if (from->sriov.present && !to->sriov.present)
		to->sriov = from->sriov;
	if (from->config_size > to->config_size) {
		to->config = from->config;
		to->config_size = from->config_size;
	}
	if (news(to, from, HOST_POWER))
		to->power_state = from->power_state;
}

static void merge_regions(struct host_dev *to, const struct host_dev *from)
{
	for (unsigned i = 0; i < PCI_REGIONS; i++)
		if (!to->bar[i].size && !to->bar[i].flags)
			to->bar[i] = from->bar[i];
	to->removed |= from->removed;
	to->rmrr_refused |= from->rmrr_refused;
	if (from->boot_vga)
		to->boot_vga = true;
}

static void merge_driver(struct merging *m, struct state *state, struct host_dev *to,
	const struct host_dev *from, unsigned at)
{
	struct note *note = note_of(state, to);
	int listing = m->s->notes[at].listing;

	if (!host_knows(from, HOST_DRIVER))
		return;
	if (host_knows(to, HOST_DRIVER) && note->driver_listing >= state->drivers_from &&
		strcmp(to->driver ? to->driver : "", from->driver ? from->driver : "") != 0) {
		char text[160], addr[PCI_ADDR_SIZE];

		snprintf(text, sizeof(text),
			"%s has the driver %s, and before it had %s; drivers are those of the "
			"later listing",
			pci_addr_text(to->addr, addr), from->driver ? from->driver : "none",
			to->driver ? to->driver : "none");
		tell(m->s->reading, (struct contradiction){ m->s->notes[at].line, note->driver_line,
					    say_text(m, text) });
		state->drivers_from = listing;
	}
	if (host_knows(to, HOST_DRIVER) && note->driver_listing == listing)
		return;
	to->driver = from->driver;
	note->driver_listing = listing;
	note->driver_line = m->s->notes[at].line;
}

static int merge_one(struct merging *m, struct state *state, unsigned at)
{
	const struct host_dev *from = &m->s->raw->devs[at];
	int found = addr_map_get(&state->map, from->addr);
	struct host_dev *to;

	if (found == HOST_NONE) {
		unsigned count = state->host.count;

		/* Full at 1, 2, 4, 8, ... */
		if (!(count & (count - 1))) {
			struct note *bigger = realloc(
				state->notes, (count ? 2 * (size_t)count : 1) * sizeof(*bigger));

			if (!bigger)
				return -ENOMEM;
			state->notes = bigger;
		}
		to = host_add(&state->host, from->addr);
		if (!to || addr_map_put(&state->map, from->addr, count))
			return -ENOMEM;
		state->notes[count] =
			(struct note){ .line = m->s->notes[at].line, .driver_listing = -1 };
	} else {
		to = &state->host.devs[found];
	}
	merge_driver(m, state, to, from, at);
	merge_identity(to, from);
	merge_place(to, from);
	merge_capabilities(to, from);
	merge_regions(to, from);
	to->known |= from->known & ~HOST_IDS_BY_NAME;
	if (from->group != HOST_NONE && m->s->notes[at].group_whole)
		to->known |= HOST_MEMBERS;
	return 0;
}

/* Merges the records of one listing into the state that they fit. */
static int merge_listing(struct merging *m, unsigned first, unsigned end)
{
	struct contradiction why = { 0 }, one;
	unsigned at = m->last, listing = m->s->notes[first].listing;
	bool found = false;

	for (unsigned i = 0; i < m->nr_states && !found; i++) {
		at = (m->last + i) % m->nr_states;
		found = fits(m, &m->states[at], first, end, &one);
		if (!found && !i)
			why = one;
	}
	if (!found && m->nr_states == MAX_STATES) {
		tell(m->s->reading, why);
		m->state_of[listing] = HOST_NONE;
		return 0;
	}
	if (!found) {
		at = m->nr_states++;
		m->states[at] = (struct state){ .drivers_from = -1, .against = why };
		m->states[at].kernel = m->s->reading->listings[listing].kind == LISTING_KERNEL;
	}
	m->last = at;
	m->state_of[listing] = at;
	for (unsigned i = first; i < end; i++) {
		int ret = merge_one(m, &m->states[at], i);

		if (ret)
			return ret;
	}
	return 0;
}

static unsigned choose(const struct merging *m)
{
	unsigned best = 0;

	for (unsigned i = 1; i < m->nr_states; i++)
		if (m->states[i].host.count > m->states[best].host.count ||
			(m->states[i].kernel &&
				m->states[i].host.count == m->states[best].host.count))
			best = i;
	return best;
}

static void tell_states(struct merging *m, unsigned chosen)
{
	struct reading *reading = m->s->reading;

	for (unsigned i = 0; i < reading->nr_listings; i++)
		reading->listings[i].used =
			!reading->listings[i].nr_devices || m->state_of[i] == (int)chosen;
	for (unsigned i = 1; i < m->nr_states; i++) {
		struct contradiction one = m->states[i].against;

		if (i != chosen) {
			unsigned line = one.line;

			one.line = one.other_line;
			one.other_line = line;
		}
		tell(reading, one);
	}
}

static int by_address(const void *a, const void *b)
{
	const struct host_dev *x = a, *y = b;

	return pci_addr_cmp(x->addr, y->addr);
}

static void take(struct merging *m, struct host *host, unsigned chosen)
{
	struct state *state = &m->states[chosen];

	for (unsigned i = 0; i < state->host.count; i++) {
		struct host_dev *dev = &state->host.devs[i];

		if (state->notes[i].driver_listing >= state->drivers_from)
			continue;
		dev->driver = NULL;
		dev->known &= ~HOST_DRIVER;
	}
	qsort(state->host.devs, state->host.count, sizeof(*state->host.devs), by_address);
	host->devs = state->host.devs;
	host->count = state->host.count;
	host->cmdline = m->s->raw->cmdline;
	state->host = (struct host){ 0 };
}

int merge_records(struct splitter *s, struct host *host)
{
	own_free int *state_of = calloc(s->reading->nr_listings + 1, sizeof(*state_of));
	struct merging m = { .s = s, .state_of = state_of };
	unsigned count = s->raw->count, end, chosen;
	int ret = state_of ? 0 : -ENOMEM;

	for (unsigned first = 0; !ret && first < count; first = end) {
		for (end = first; end < count; end++)
			if (s->notes[end].listing != s->notes[first].listing)
				break;
		ret = merge_listing(&m, first, end);
	}
	if (!ret && m.nr_states) {
		chosen = choose(&m);
		tell_states(&m, chosen);
		take(&m, host, chosen);
	}
	for (unsigned i = 0; i < m.nr_states; i++) {
		addr_map_close(&m.states[i].map);
		free(m.states[i].notes);
		host_close(&m.states[i].host);
	}
	return ret ? ret : s->ret;
}

/* Afterwards */

/*
 * Whether the host is complete: it has its host bridge, no parent is missing, and every group is
 * known.
 */
static bool is_whole(const struct host *host)
{
	if (!host->count || host->devs[0].addr.domain || pci_addr_rid(host->devs[0].addr))
		return false;
	for (unsigned i = 0; i < host->count; i++)
		if (host->devs[i].parent_missing || !host_knows(&host->devs[i], HOST_GROUP))
			return false;
	return true;
}

/* A list of groups shows all members of those that it has. */
static void conclude_members(struct host *host)
{
	bool whole = is_whole(host);
	int most = HOST_NONE;
	own_free bool *listed = NULL;

	for (unsigned i = 0; i < host->count; i++)
		if (host->devs[i].group > most)
			most = host->devs[i].group;
	listed = calloc((size_t)most + 2, sizeof(*listed));
	for (unsigned i = 0; listed && i < host->count; i++)
		if (host_knows(&host->devs[i], HOST_MEMBERS) && host->devs[i].group != HOST_NONE)
			listed[host->devs[i].group] = true;
	for (unsigned i = 0; i < host->count; i++) {
		struct host_dev *dev = &host->devs[i];

		if (whole || (listed && dev->group != HOST_NONE && listed[dev->group]))
			dev->known |= HOST_MEMBERS;
		else
			dev->known &= ~HOST_MEMBERS;
	}
}

/* Only one card can be the firmware's display. */
static void conclude_display(struct host *host)
{
	bool any = false;

	for (unsigned i = 0; i < host->count; i++)
		any |= host->devs[i].boot_vga;
	for (unsigned i = 0; any && i < host->count; i++)
		if (host_is_gpu(&host->devs[i]))
			host->devs[i].known |= HOST_BOOT_VGA;
}

static const char *hypervisor_of(const struct host_dev *dev)
{
	static const struct {
		u16 vendor, device; /* 0: any */
		const char *name;
	} ids[] = { { 0x1b36, 0, "QEMU" }, { 0x1af4, 0x1050, "QEMU" }, { 0x15ad, 0x0405, "VMware" },
		{ 0x15ad, 0x07a0, "VMware" }, { 0x15ad, 0x0740, "VMware" },
		{ 0x80ee, 0xbeef, "VirtualBox" }, { 0x1414, 0x5353, "Hyper-V" },
		{ 0x5853, 0x0001, "Xen" } };

	if (dev->subvendor == 0x1af4 && dev->subdevice == 0x1100)
		return "QEMU";
	for (size_t i = 0; host_knows(dev, HOST_IDS) && i < ARRAY_SIZE(ids); i++)
		if (dev->vendor == ids[i].vendor &&
			(!ids[i].device || dev->device == ids[i].device))
			return ids[i].name;
	return NULL;
}

/*
 * Whether it is QEMU: it has QEMU's display, whose id others use, too, and a chipset that QEMU
 * emulates.
 */
static bool is_qemu(const struct host *host)
{
	bool display = false, chipset = false;

	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *dev = &host->devs[i];

		display |= dev->vendor == 0x1234 && dev->device == 0x1111;
		chipset |=
			dev->vendor == 0x1af4 ||
			(dev->vendor == 0x8086 && (dev->device == 0x29c0 || dev->device == 0x1237));
	}
	return display && chipset;
}

void merge_conclude(struct host *host, struct reading *reading)
{
	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *dev = &host->devs[i];

		host->has_ivrs |= dev->class >> 8 == CLASS_IOMMU;
		if (!reading->hypervisor)
			reading->hypervisor = hypervisor_of(dev);
		if (dev->driver &&
			(!strcmp(dev->driver, "pciback") || !strcmp(dev->driver, "xen-pciback")))
			reading->hypervisor = "Xen";
	}
	if (!reading->hypervisor && is_qemu(host))
		reading->hypervisor = "QEMU";
	/* A domain of Xen's may be the one that has the hardware. */
	if (reading->hypervisor && strncmp(reading->hypervisor, "Xen", 3)) {
		host->outer = outer_of(reading->hypervisor, reading->hypervisor, true);
		host->outer_evidence = reading->hypervisor;
	}
	host->iommu_off = reading->iommu_off && !host->groups_known;
	conclude_members(host);
	conclude_display(host);
}
