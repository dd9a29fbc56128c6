// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks memory: whether there is enough, also in huge pages, whether it may be locked, and whether
 * the address width suffices.
 */
#include "base/bytes.h"
#include "host/check/check_internal.h"

#define LIMITS        "/proc/self/limits"
#define DMA_ENTRIES   "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
#define DMA_DEFAULT   65535
#define CAP_MGAW(cap) (((cap) >> 16 & 0x3f) + 1)

static const char *size_text(struct look *look, u64 size)
{
	char text[PCI_BAR_TEXT_SIZE];

	return look_text(look, "%s", pci_bar_size_text(size, text));
}

/* The address space that the devices' 64-bit BARs need, each aligned to its size. */
static u64 bars_above(const struct look *look)
{
	u64 sum = 0;

	for (unsigned i = 0; i < look->facts->nr_devs; i++) {
		const struct host_dev *dev = &look->host->devs[look->facts->devs[i]];

		for (unsigned b = 0; b < PCI_BARS; b++)
			if (dev->bar[b].flags & PCI_BAR_64BIT && dev->bar[b].size < BIT_ULL(48))
				sum += 2 * dev->bar[b].size;
	}
	return sum;
}

static unsigned bits_for(u64 bytes)
{
	unsigned bits = 0;

	while (bits < 63 && BIT_ULL(bits) < bytes)
		bits++;
	return bits;
}

static unsigned iommu_bits(const struct platform *platform, const char **name)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < platform->nr_iommus; i++) {
		const struct platform_iommu *iommu = &platform->iommus[i];

		if (!iommu->intel || (bits && CAP_MGAW(iommu->cap) >= bits))
			continue;
		bits = CAP_MGAW(iommu->cap);
		*name = iommu->name;
	}
	return bits;
}

void check_address_width(struct look *look)
{
	const struct platform *platform = look->platform;
	const char *name = NULL;
	unsigned iommu = iommu_bits(platform, &name), cpu = platform->physical_bits;
	unsigned has = iommu && (!cpu || iommu < cpu) ? iommu : cpu;
	u64 bars = bars_above(look);
	/* The 4 GiB are for the hole below 4 GiB, which shifts a part of the memory up. */
	unsigned need = bits_for(look->facts->memory + bars + 4 * GIB);

	if (!has) {
		found(look, SEVERITY_UNKNOWN, "the processor's address width is not known");
		return;
	}
	if (need > has)
		found(look, SEVERITY_FAIL,
			"%s of memory and the cards' BARs take %u address bits, and there are %u",
			size_text(look, look->facts->memory), need, has);
	else
		found(look, SEVERITY_OK,
			"%s of memory and the cards' BARs take %u address bits of %u",
			size_text(look, look->facts->memory), need, has);
	if (cpu)
		evidence(look, "/proc/cpuinfo", "address sizes: %u bits physical", cpu);
	if (iommu)
		evidence(look, look_text(look, "/sys/class/iommu/%s/intel-iommu/cap", name),
			"MGAW: %u bits", iommu);
	if (platform->dmar_bits)
		evidence(look, "/sys/firmware/acpi/tables/DMAR", "host address width: %u bits",
			platform->dmar_bits);
	if (need > has)
		fix(look, "give the guest less memory%s",
			bars > look->facts->memory ? ", or make the cards' BARs smaller (rebar)"
						   : "");
}

/* Whether the guest is to have more memory than the host has; then no other advice makes sense. */
static bool exceeds_host(const struct look *look)
{
	return look->platform->memory != PLATFORM_UNKNOWN &&
	       look->facts->memory > look->platform->memory;
}

static void fix_hugepages(
	struct look *look, u64 total, u64 size, const char *lead, const char *tail)
{
	if (exceeds_host(look) || (look->platform->memory != PLATFORM_UNKNOWN &&
					  total > look->platform->memory / size))
		fix(look, "give the guest less memory: the host has %s",
			size_text(look, look->platform->memory));
	else
		fix(look, "%secho %llu > /sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages%s",
			lead, (unsigned long long)total, (unsigned long long)(size / KIB), tail);
}

void check_hugepages(struct look *look)
{
	const struct platform *platform = look->platform;
	const struct platform_hugepages *best = NULL;
	u64 memory = look->facts->memory, wanted;

	if (!platform->hugepages_known) {
		found(look, SEVERITY_UNKNOWN, "the source has no /sys/kernel/mm/hugepages");
		return;
	}
	for (unsigned i = 0; i < platform->nr_hugepages; i++)
		if (platform->hugepages[i].total &&
			(!best || platform->hugepages[i].free * platform->hugepages[i].size >
					  best->free * best->size))
			best = &platform->hugepages[i];
	if (!best) {
		found(look, SEVERITY_INFO,
			"none are set aside; guests use the kernel's transparent ones");
		fix_hugepages(look, round_up(memory, 2 * MIB) / (2 * MIB), 2 * MIB,
			"for a guest that starts fast and runs evenly: ", "");
		return;
	}
	wanted = (memory + best->size - 1) / best->size;
	if (best->free < wanted)
		found(look, SEVERITY_WARN,
			"%llu of %llu pages of %s are free, which is less than %s",
			(unsigned long long)best->free, (unsigned long long)best->total,
			size_text(look, best->size), size_text(look, memory));
	else
		found(look, SEVERITY_OK, "%llu of %llu pages of %s are free",
			(unsigned long long)best->free, (unsigned long long)best->total,
			size_text(look, best->size));
	evidence(look,
		look_text(look, "/sys/kernel/mm/hugepages/hugepages-%llukB/free_hugepages",
			(unsigned long long)(best->size / KIB)),
		"%llu", (unsigned long long)best->free);
	if (best->free < wanted)
		fix_hugepages(look, best->total - best->free + wanted, best->size,
			"end what uses them, or ",
			"; they are sure to be had only soon after the host's start");
}

void check_memlock(struct look *look)
{
	u64 has = look->platform->locked_memory;
	/*
	 * Besides the guest's memory, firmware's and video memory are locked; iommufd counts BARs,
	 * too.
	 */
	u64 need = look->facts->memory + bars_above(look) / 2 + 64 * MIB;

	if (has == PLATFORM_UNKNOWN) {
		found(look, SEVERITY_UNKNOWN, "the limit is not known");
	} else if (has == PLATFORM_LOCK_ALL) {
		found(look, SEVERITY_OK, "this user may lock all memory");
		evidence(look, LIMITS, "unlimited, or the right CAP_IPC_LOCK");
	} else {
		bool enough = has >= need;

		found(look, enough ? SEVERITY_OK : SEVERITY_FAIL,
			"this user may lock %s, and a guest of %s takes up to %s",
			size_text(look, has), size_text(look, look->facts->memory),
			size_text(look, need));
		evidence(look, LIMITS, "Max locked memory %llu bytes", (unsigned long long)has);
		if (!enough && !exceeds_host(look))
			fix(look,
				"in /etc/security/limits.conf: `USER - memlock %llu`, and log in "
				"anew; in a systemd unit: LimitMEMLOCK=%llu",
				(unsigned long long)(round_up(need, KIB) / KIB),
				(unsigned long long)need);
	}
	if (exceeds_host(look)) {
		found(look, SEVERITY_FAIL,
			"the host has %s, and all of a guest's %s stays in memory",
			size_text(look, look->platform->memory),
			size_text(look, look->facts->memory));
		evidence(look, "/proc/meminfo", "MemTotal: %llu kB",
			(unsigned long long)(look->platform->memory / KIB));
		fix(look, "give the guest less memory");
	}
}

void check_dma_entries(struct look *look)
{
	u64 limit = look->platform->modules.dma_entry_limit;

	if (limit == PLATFORM_UNKNOWN && !look->platform->modules.known) {
		found(look, SEVERITY_UNKNOWN, "the source has no /sys/module");
	} else if (limit == PLATFORM_UNKNOWN) {
		found(look, SEVERITY_OK, "the module is not loaded, and will have its default");
		evidence(look, DMA_ENTRIES, "does not exist");
	} else if (limit < DMA_DEFAULT) {
		found(look, SEVERITY_WARN, "only %llu mappings are allowed, less than the default",
			(unsigned long long)limit);
		evidence(look, DMA_ENTRIES, "%llu", (unsigned long long)limit);
		fix(look, "echo %u > %s", DMA_DEFAULT, DMA_ENTRIES);
	} else {
		found(look, SEVERITY_OK, "%llu mappings are allowed", (unsigned long long)limit);
		evidence(look, DMA_ENTRIES, "%llu", (unsigned long long)limit);
	}
}
