// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/fixed_bars.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/log.h"
#include "kernel/outer_read.h"
#include "vm/mem/ram.h"
#include "vm/pci/root_port.h"
#include "vm/vfio/preflight.h"

static bool root_bus_wanted(
	const struct vfio_assign_request *requests, unsigned nr, struct pci_addr addr)
{
	for (unsigned i = 0; i < nr; i++)
		if (requests[i].options.root_bus && pci_addr_same_slot(requests[i].addr, addr))
			return true;
	return false;
}

static int add(struct fixed_bars *places, const struct fixed_bar *place, struct err *err)
{
	if (places->nr == FIXED_BARS_MAX)
		return err_set(err, E2BIG, "identity=on: more than %u BARs", FIXED_BARS_MAX);
	places->place[places->nr++] = *place;
	return 0;
}

static bool is_placed(const struct pci_bar *bar)
{
	return bar->size && bar->start && bar->start + bar->size > bar->start &&
	       !(bar->flags & PCI_BAR_OFF);
}

static int not_placed(const struct fixed_bar *place, u64 size, struct err *err)
{
	char name[PCI_ADDR_SIZE], text[PCI_BAR_TEXT_SIZE];

	err_set(err, ENXIO, "%s: identity=on: BAR %u (%s) has no address on the host",
		pci_addr_text(place->addr, name), place->bar, pci_bar_size_text(size, text));
	return err_help(err,
		"The host found no room for it: turn on 'Above 4G Decoding' in %s, or add "
		"pci=realloc to the kernel's command line",
		outer_setup(outer_of_this_host()));
}

static int add_device(struct fixed_bars *places, const struct pci_bar bars[PCI_REGIONS],
	struct fixed_bar place, bool rom, struct err *err)
{
	int ret = 0;

	for (place.bar = 0; place.bar < PCI_REGIONS && !ret; place.bar++) {
		const struct pci_bar *bar = &bars[place.bar];

		if (!bar->size || bar->flags & PCI_BAR_IO)
			continue;
		if (place.bar == PCI_BAR_ROM &&
			(!rom || !is_placed(bar) || bar->flags & PCI_BAR_SHADOW))
			continue;
		if (!is_placed(bar))
			return not_placed(&place, bar->size, err);
		place.range = (struct range){ bar->start, bar->size };
		place.prefetch = bar->flags & PCI_BAR_PREFETCH;
		ret = add(places, &place, err);
	}
	return ret;
}

int fixed_bars_find(struct fixed_bars *places, const struct sysroot *sysroot,
	const struct vfio_assign_request *requests, unsigned nr, enum firmware_kind kind,
	struct err *err)
{
	struct pci_bar bars[PCI_REGIONS];
	int ret = 0;

	*places = (struct fixed_bars){ 0 };
	for (unsigned i = 0; i < nr && !ret; i++) {
		const struct vfio_options *options = &requests[i].options;
		struct fixed_bar place = {
			.addr = requests[i].addr,
			.root_bus = root_bus_wanted(requests, nr, requests[i].addr),
		};

		if (vfio_assign_wants_bars_host(requests, nr, place.addr) &&
			!vfio_preflight_bars(sysroot, place.addr, bars))
			ret = add_device(places, bars, place,
				kind == FIRMWARE_NONE && !options->rom_off, err);
	}
	return ret;
}

u64 fixed_bars_high_end(const struct fixed_bars *places)
{
	u64 end = 0;

	for (unsigned i = 0; i < places->nr; i++) {
		u64 here = range_end(places->place[i].range);

		if (here > RAM_HIGH_START && here > end)
			end = here;
	}
	return end;
}

static struct range join(struct range a, struct range b)
{
	u64 start = a.start < b.start ? a.start : b.start;
	u64 end = range_end(a) > range_end(b) ? range_end(a) : range_end(b);

	if (!a.size || !b.size)
		return a.size ? a : b;
	return (struct range){ start, end - start };
}

/* Rounds @r out to whole MiB, the granularity of a bridge's window. */
static struct range whole_mib(struct range r)
{
	u64 start = round_down(r.start, MIB);

	return (struct range){ start, round_up(range_end(r), MIB) - start };
}

enum bar_kind { LOW, LOW_PREFETCH, HIGH, ROM, KINDS };

static enum bar_kind kind_of(const struct fixed_bar *place)
{
	if (place->bar == PCI_BAR_ROM)
		return ROM;
	if (place->range.start >= RAM_HIGH_START)
		return HIGH;
	return place->prefetch ? LOW_PREFETCH : LOW;
}

/*
 * Adds a ROM to the window that it makes grow less. A prefetchable window above 4 GiB would always
 * grow more.
 */
static void add_rom(struct fixed_bars_windows *windows, struct range rom)
{
	struct range memory = join(windows->memory, rom), prefetch = join(windows->prefetch, rom);

	if (windows->prefetch.size &&
		prefetch.size - windows->prefetch.size < memory.size - windows->memory.size)
		windows->prefetch = prefetch;
	else
		windows->memory = memory;
}

/*
 * A bridge has two memory windows, of which only the prefetchable one can lie above 4 GiB. A
 * prefetchable BAR may lie in the other window too, but not the other way round.
 */
struct fixed_bars_windows fixed_bars_windows(const struct fixed_bars *places, struct pci_addr addr)
{
	struct range of[KINDS] = { 0 };
	struct fixed_bars_windows windows;

	for (unsigned i = 0; i < places->nr; i++) {
		enum bar_kind kind = kind_of(&places->place[i]);

		if (pci_addr_same_slot(places->place[i].addr, addr))
			of[kind] = join(of[kind], places->place[i].range);
	}
	windows = (struct fixed_bars_windows){ of[LOW], of[HIGH] };
	if (of[HIGH].size || range_overlaps(whole_mib(of[LOW]), whole_mib(of[LOW_PREFETCH])))
		windows.memory = join(of[LOW], of[LOW_PREFETCH]);
	else
		windows.prefetch = of[LOW_PREFETCH];
	if (of[ROM].size)
		add_rom(&windows, of[ROM]);
	windows.memory = whole_mib(windows.memory);
	windows.prefetch = whole_mib(windows.prefetch);
	return windows;
}

/* Whether fixed BAR @i, or a bridge window that forwards to it, overlaps @r. */
static bool in_the_way(const struct fixed_bars *places, unsigned i, struct range r)
{
	const struct fixed_bar *place = &places->place[i];
	struct fixed_bars_windows windows = fixed_bars_windows(places, place->addr);

	if (place->root_bus)
		return range_overlaps(place->range, r);
	return range_overlaps(windows.memory, r) || range_overlaps(windows.prefetch, r);
}

u64 fixed_bars_ecam(const struct fixed_bars *places)
{
	static const u64 bases[] = { MCH_ECAM_DEFAULT, 0xe0000000, 0xd0000000, 0xc0000000,
		0xa0000000, 0x90000000, 0x80000000 };

	for (unsigned b = 0; b < ARRAY_SIZE(bases); b++) {
		const struct range ecam = { bases[b], MCH_ECAM_SIZE };
		unsigned i = 0;

		while (i < places->nr && !in_the_way(places, i, ecam))
			i++;
		if (i == places->nr)
			return bases[b];
	}
	return 0;
}

static void set_bar(struct pci_dev *dev, const struct fixed_bar *place)
{
	const struct pci_dev_bar *bar = &dev->bars[place->bar];
	u16 reg = (u16)(PCI_BASE_ADDRESS_0 + 4 * place->bar);

	/* A ROM file that replaces the device's own ROM may be larger. */
	if (!bar->size || bar->size > place->range.size)
		return;
	if (place->bar == PCI_BAR_ROM)
		reg = PCI_ROM_ADDRESS;
	pci_dev_config_write(dev, reg, 4, (u32)place->range.start);
	if (place->range.start >= RAM_HIGH_START)
		pci_dev_config_write(dev, reg + 4, 4, (u32)(place->range.start >> 32));
}

void fixed_bars_set(const struct fixed_bars *places, const struct assigned *assigned)
{
	for (unsigned n = 0; n < assigned->assign.nr_devices; n++) {
		struct vfio_pci *vp = assigned->assign.devices[n];
		struct fixed_bars_windows windows = fixed_bars_windows(places, vp->addr);
		struct pci_host *host = vp->pci.bus->host;

		if (!vp->options.bars_host)
			continue;
		pthread_mutex_lock(&host->lock);
		if (vp->pci.bus->bridge)
			root_port_set_windows(vp->pci.bus->bridge, (struct range){ 0 },
				windows.memory, windows.prefetch);
		for (unsigned i = 0; i < places->nr; i++)
			if (pci_addr_equal(places->place[i].addr, vp->addr))
				set_bar(&vp->pci, &places->place[i]);
		pthread_mutex_unlock(&host->lock);
	}
}

/*
 * Finds a BAR that overlaps @r on @bus or below. A BAR that starts exactly at @r is the fixed BAR
 * itself.
 */
static const struct pci_dev *find_bar(const struct pci_bus *bus, struct range r, unsigned *index)
{
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		const struct pci_dev *dev = bus->devs[i], *below;

		if (!dev)
			continue;
		for (*index = 0; *index < PCI_NUM_BARS; ++*index)
			if (!(dev->bars[*index].flags & PCI_BASE_ADDRESS_SPACE_IO) &&
				dev->bars[*index].alias_addr != r.start &&
				range_overlaps(pci_dev_bar_range(dev, *index), r))
				return dev;
		below = dev->secondary ? find_bar(dev->secondary, r, index) : NULL;
		if (below)
			return below;
	}
	return NULL;
}

static void watch_one(struct fixed_bar *place, struct mch *mch)
{
	char name[PCI_ADDR_SIZE];
	unsigned index;
	const struct pci_dev *dev = find_bar(&mch->host.root, place->range, &index);

	if (place->told || (!dev && !range_overlaps(mch_ecam(mch), place->range)))
		return;
	place->told = true;
	pci_addr_text(place->addr, name);
	if (dev)
		log_warn("%s: identity=on: the guest's firmware has put BAR %u of %s at 0x%llx, "
			 "where the host has BAR %u, which does not answer there now",
			name, index, dev->name,
			(unsigned long long)pci_dev_bar_range(dev, index).start, place->bar);
	else
		log_warn("%s: identity=on: the guest's firmware has put PCI's configuration at "
			 "0x%llx, where the host has BAR %u, which does not answer there now",
			name, (unsigned long long)mch_ecam(mch).start, place->bar);
}

void fixed_bars_watch(struct fixed_bars *places, struct mch *mch)
{
	pthread_mutex_lock(&mch->host.lock);
	for (unsigned i = 0; i < places->nr; i++)
		watch_one(&places->place[i], mch);
	pthread_mutex_unlock(&mch->host.lock);
}
