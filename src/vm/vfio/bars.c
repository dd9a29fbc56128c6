// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/bars.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/log.h"

#define PAGE 4096ull

u64 vfio_bar_hw_read(struct vfio_bar *bar, u64 offset, unsigned size)
{
	struct vfio_device *dev = bar->bars->dev;
	u8 bytes[8];

	if (dev->ops->read(dev, &bar->region, offset, bytes, size) == (ssize_t)size)
		return get_le(bytes, size);
	log_guest("%s: a read of BAR %u at 0x%llx failed", bar->bars->config->pci->name, bar->index,
		(unsigned long long)offset);
	return all_ones(size);
}

void vfio_bar_hw_write(struct vfio_bar *bar, u64 offset, unsigned size, u64 value)
{
	struct vfio_device *dev = bar->bars->dev;
	u8 bytes[8];

	put_le(bytes, size, value);
	if (dev->ops->write(dev, &bar->region, offset, bytes, size) != (ssize_t)size)
		log_guest("%s: a write of BAR %u at 0x%llx failed", bar->bars->config->pci->name,
			bar->index, (unsigned long long)offset);
}

/*
 * Finds what handles an access: the emulated MSI-X table or PBA, a trap, or the device. All but the
 * device need the lock of the PCI hierarchy.
 */
static u64 read_part(struct vfio_bar *bar, u64 offset, unsigned size)
{
	struct vfio_interrupts *interrupts = bar->bars->interrupts;
	struct pci_host *host = bar->bars->config->pci->bus->host;
	const struct vfio_trap *trap = vfio_trap_find(bar->bars->traps, bar->index, offset, size);
	bool table = range_contains(bar->table, offset, size);
	u64 value;

	if (!table && !trap && !range_contains(bar->pba, offset, size))
		return vfio_bar_hw_read(bar, offset, size);
	pthread_mutex_lock(&host->lock);
	if (table)
		value = vfio_msix_table_read(&interrupts->msix, offset - bar->table.start, size);
	else if (trap)
		value = trap->ops->read(trap->owner, offset, size);
	else
		value = vfio_msix_pba_read(&interrupts->msix, offset - bar->pba.start, size);
	pthread_mutex_unlock(&host->lock);
	return value;
}

static void write_part(struct vfio_bar *bar, u64 offset, unsigned size, u64 value)
{
	struct vfio_interrupts *interrupts = bar->bars->interrupts;
	struct pci_host *host = bar->bars->config->pci->bus->host;
	const struct vfio_trap *trap = vfio_trap_find(bar->bars->traps, bar->index, offset, size);
	bool table = range_contains(bar->table, offset, size);

	if (!table && !trap) {
		if (!range_contains(bar->pba, offset, size))
			vfio_bar_hw_write(bar, offset, size, value);
		return;
	}
	pthread_mutex_lock(&host->lock);
	if (table)
		vfio_msix_table_write(
			&interrupts->msix, host->irq, offset - bar->table.start, size, value);
	else
		trap->ops->write(trap->owner, offset, size, value);
	pthread_mutex_unlock(&host->lock);
}

/* Whether the access lies partly inside and partly outside of one of those. */
static bool crosses(const struct vfio_bar *bar, u64 offset, unsigned size)
{
	struct range access = { offset, size };

	return (range_overlaps(bar->table, access) && !range_contains(bar->table, offset, size)) ||
	       (range_overlaps(bar->pba, access) && !range_contains(bar->pba, offset, size)) ||
	       vfio_trap_splits(bar->bars->traps, bar->index, offset, size);
}

/* Call this before any access. */
static void touch(const struct vfio_bar *bar)
{
	vfio_vga_settle(bar->bars->vga);
	vfio_intx_bar_touched(&bar->bars->interrupts->intx);
}

static u64 bar_read(void *owner, u64 offset, unsigned size)
{
	struct vfio_bar *bar = owner;
	u64 value = 0;

	touch(bar);
	if (!crosses(bar, offset, size))
		return read_part(bar, offset, size);
	for (unsigned i = 0; i < size; i++)
		value |= read_part(bar, offset + i, 1) << (8 * i);
	return value;
}

static void bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct vfio_bar *bar = owner;

	touch(bar);
	if (!crosses(bar, offset, size)) {
		write_part(bar, offset, size, value);
		return;
	}
	for (unsigned i = 0; i < size; i++)
		write_part(bar, offset + i, 1, (u8)(value >> (8 * i)));
}

static const struct bus_ops bar_ops = { .read = bar_read, .write = bar_write };

static void add_page(struct vfio_bar *bar, u64 start, u64 end)
{
	struct pci_bar_page *page = &bar->pages[bar->nr_pages];

	if (start >= end || bar->nr_pages == VFIO_MAX_PAGES)
		return;
	*page = (struct pci_bar_page){
		.offset = start,
		.region = {
			.name = bar->bars->config->pci->name,
			.range = { 0, end - start },
			.rank = FLAT_RANK_BAR,
			.kind = MEM_DEVICE,
			.host = bar->host + start,
			.fd = bar->bars->dev->fd,
			.fd_offset = bar->region.file_offset + start,
		},
	};
	bar->nr_pages++;
}

/* Makes @hole the pages of @part if they end after @from and begin before the present @hole. */
static void consider(struct range part, u64 from, struct range *hole)
{
	u64 start = round_down(part.start, PAGE), end = round_up(range_end(part), PAGE);

	if (part.size && end > from && (!hole->size || start < hole->start))
		*hole = (struct range){ start, end - start };
}

/* The first pages after @from that must not be mapped into the guest; size 0: none. */
static struct range next_hole(const struct vfio_bar *bar, u64 from)
{
	const struct vfio_traps *traps = bar->bars->traps;
	struct range hole = { 0, 0 };

	consider(bar->table, from, &hole);
	for (unsigned i = 0; i < traps->nr; i++)
		if (traps->trap[i].region == bar->index)
			consider(traps->trap[i].range, from, &hole);
	return hole;
}

/*
 * Adds @area without the pages of the MSI-X table and of traps: the guest's accesses there must
 * exit. The PBA stays mapped unless it shares a page with them, because registers that drivers
 * access often can lie next to it. In the mapped PBA the guest sees the hardware's pending bits,
 * which stay clear because the guest's masks are not in the hardware; drivers do not read it.
 */
static void add_area_pages(struct vfio_bar *bar, struct range area)
{
	u64 at = area.start, end = range_end(area);

	while (at < end) {
		struct range hole = next_hole(bar, at);

		if (!hole.size || hole.start >= end) {
			add_page(bar, at, end);
			return;
		}
		add_page(bar, at, hole.start);
		at = range_end(hole);
	}
}

static int map_failed(const struct vfio_bar *bar, int code, struct err *err)
{
	err_sys(err, code, "cannot map BAR %u (0x%llx bytes)", bar->index,
		(unsigned long long)bar->region.size);
	if (code == EBUSY)
		return err_help(err,
			"Something on the host holds the BAR, most often the boot framebuffer: "
			"see /proc/iomem.\n"
			"tenon bind takes it away; else add video=efifb:off to the kernel's "
			"command line");
	if (code == ENOMEM)
		return err_help(err, "Address space is short: ulimit -v unlimited; see also "
				     "sysctl vm.max_map_count");
	return err_help(err, "dmesg says more; mmap=off for this device does without, slowly");
}

/* Reserves address space for the whole BAR, at an address congruent to the guest's. */
static int reserve(struct vfio_bar *bar, struct err *err)
{
	u64 align = bar->region.size > GIB ? GIB : bar->region.size;

	bar->reserved_size = bar->region.size + align;
	bar->reserved = mmap(NULL, bar->reserved_size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bar->reserved == MAP_FAILED) {
		bar->reserved = NULL;
		return map_failed(bar, errno, err);
	}
	bar->host = (u8 *)(uintptr_t)round_up((uintptr_t)bar->reserved, align);
	return 0;
}

static int map_area(struct vfio_bar *bar, struct range area, struct err *err)
{
	struct vfio_device *dev = bar->bars->dev;
	int ret = dev->ops->map(dev, &bar->region, area, bar->host + area.start);

	return ret ? map_failed(bar, -ret, err) : 0;
}

/* Kernels before 4.16 refuse to map the page of the MSI-X table, so map the parts around it. */
static int map_around_table(struct vfio_bar *bar, struct range area, struct err *err)
{
	u64 hole_start = round_down(bar->table.start, PAGE);
	u64 hole_end = round_up(range_end(bar->table), PAGE);
	u64 end = range_end(area);
	int ret = 0;

	if (area.start < hole_start)
		ret = map_area(bar, (struct range){ area.start, hole_start - area.start }, err);
	if (!ret && hole_end < end)
		ret = map_area(bar, (struct range){ hole_end, end - hole_end }, err);
	return ret;
}

static int map_bar(struct vfio_bar *bar, struct err *err)
{
	const struct vfio_region *region = &bar->region;
	int ret;

	if (!region->nr_areas)
		return 0;
	ret = reserve(bar, err);
	for (unsigned i = 0; i < region->nr_areas && !ret; i++) {
		struct range area = region->areas[i];

		if (range_overlaps(area, bar->table) && !region->msix_mappable && !region->sparse)
			ret = map_around_table(bar, area, err);
		else
			ret = map_area(bar, area, err);
		if (!ret)
			add_area_pages(bar, area);
	}
	return ret;
}

/* The BAR register's own low bits tell its type (PCI 3.0, 6.2.5.1). */
static u32 bar_flags(const struct vfio_bar *bar)
{
	const u8 *physical = bar->bars->config->physical;
	u32 reg = get_le32(physical + PCI_BASE_ADDRESS_0 + 4 * bar->index);

	if (reg & PCI_BASE_ADDRESS_SPACE_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	return reg & (PCI_BASE_ADDRESS_MEM_TYPE_MASK | PCI_BASE_ADDRESS_MEM_PREFETCH);
}

static int check_size(const struct vfio_bar *bar, u32 flags, struct err *err)
{
	u64 size = bar->region.size;
	bool io = flags & PCI_BASE_ADDRESS_SPACE_IO;
	bool is64 = !io && (flags & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;

	if (is_pow2(size) && size >= (io ? 4 : 16) && (is64 || size <= 2 * GIB) &&
		(!is64 || bar->index < VFIO_NR_BARS - 1) && size <= BIT_ULL(52))
		return 0;
	return err_set(err, EPROTO, "BAR %u has 0x%llx bytes, which no BAR of its kind can have",
		bar->index, (unsigned long long)size);
}

static int build_bar(struct vfio_bars *bars, unsigned index, bool map, struct err *err)
{
	struct vfio_bar *bar = &bars->bar[index];
	const struct vfio_msix *msix = &bars->interrupts->msix;
	struct pci_dev_bar *shown = &bars->config->pci->bars[index];
	u32 flags;
	int ret;

	bar->bars = bars;
	bar->index = index;
	ret = bars->dev->ops->region(bars->dev, index, &bar->region);
	if (ret)
		return err_sys(err, -ret, "VFIO does not describe BAR %u", index);
	if (!bar->region.size)
		return 0;
	flags = bar_flags(bar);
	ret = check_size(bar, flags, err);
	if (ret)
		return ret;
	if (msix->nr && msix->table_bar == index)
		bar->table = msix->table;
	if (msix->nr && msix->pba_bar == index)
		bar->pba = range_intersect(msix->pba, (struct range){ 0, bar->region.size });

	if (map && !(flags & PCI_BASE_ADDRESS_SPACE_IO)) {
		ret = map_bar(bar, err);
		if (ret)
			return ret;
	}
	pci_dev_set_bar(bars->config->pci, index, bar->region.size, flags);
	shown->ops = &bar_ops;
	shown->owner = bar;
	shown->place.pages = bar->pages;
	shown->nr_pages = bar->nr_pages;
	return 0;
}

int vfio_bars_build(struct vfio_bars *bars, struct vfio_config *config, struct vfio_device *dev,
	struct vfio_interrupts *interrupts, struct vfio_vga *vga, const struct vfio_traps *traps,
	bool map, struct err *err)
{
	int ret = 0;

	*bars = (struct vfio_bars){
		.config = config,
		.dev = dev,
		.interrupts = interrupts,
		.vga = vga,
		.traps = traps,
	};
	for (unsigned i = 0; i < VFIO_NR_BARS && !ret; i++)
		ret = build_bar(bars, i, map, err);
	if (ret)
		vfio_bars_close(bars);
	return ret;
}

void vfio_bars_close(struct vfio_bars *bars)
{
	for (unsigned i = 0; i < VFIO_NR_BARS; i++) {
		struct vfio_bar *bar = &bars->bar[i];

		if (bar->reserved)
			munmap(bar->reserved, bar->reserved_size);
		bar->reserved = NULL;
		bar->host = NULL;
		bar->nr_pages = 0;
	}
}

static void alias_bar(struct vfio_bar *bar, struct pci_dev_bar *shown, u64 addr)
{
	memcpy(bar->alias_pages, bar->pages, sizeof(bar->alias_pages));
	for (unsigned i = 0; i < bar->nr_pages; i++)
		bar->alias_pages[i].region.rank = FLAT_RANK_ALIAS;
	shown->alias.pages = bar->alias_pages;
	shown->alias_addr = addr;
}

int vfio_bars_alias(struct vfio_bars *bars, const struct pci_bar host[PCI_REGIONS], struct err *err)
{
	for (unsigned i = 0; i < VFIO_NR_BARS; i++) {
		struct pci_dev_bar *shown = &bars->config->pci->bars[i];

		if (!shown->size || shown->flags & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		if (host[i].size != shown->size || !host[i].start || host[i].flags & PCI_BAR_OFF)
			return err_set(err, EPROTO,
				"BAR %u has 0x%llx bytes, and the host's kernel has no such place",
				i, (unsigned long long)shown->size);
		alias_bar(&bars->bar[i], shown, host[i].start);
	}
	return 0;
}

static void share(struct mem_region *region, bool asked)
{
	region->peer = true;
	region->peer_unasked = !asked;
}

void vfio_bars_share(struct vfio_bars *bars, u64 max)
{
	for (unsigned i = 0; i < VFIO_NR_BARS; i++) {
		struct vfio_bar *bar = &bars->bar[i];

		for (unsigned n = 0; n < bar->nr_pages && bar->region.size <= max; n++) {
			share(&bar->pages[n].region, max == ~0ull);
			share(&bar->alias_pages[n].region, max == ~0ull);
		}
	}
}
