// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads firmware's tables of IOMMUs, and the memory that it reserves for devices. */
#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "host/scan/platform_internal.h"
#include "pci/acpi/dmar.h"
#include "pci/acpi/ivrs.h"

#define TABLES       "/sys/firmware/acpi/tables"
#define MAX_RESERVED 4096
#define IVMD_UNITY   1

static enum platform_table read_table(
	struct platform_scan *scan, const char *path, char **bytes, size_t *size)
{
	int ret = sysroot_whole(scan->sysroot, path, ACPI_MAX_SIZE, bytes, size);

	if (!ret)
		return PLATFORM_TABLE_READ;
	if (ret != -ENOENT)
		return sysroot_exists(scan->sysroot, path) ? PLATFORM_TABLE_PRESENT
							   : PLATFORM_TABLE_UNKNOWN;
	return sysroot_exists(scan->sysroot, TABLES) ? PLATFORM_TABLE_ABSENT
						     : PLATFORM_TABLE_UNKNOWN;
}

static void add_reserved(struct platform_scan *scan, int dev, u64 base, u64 limit, bool intel)
{
	struct platform *platform = scan->platform;
	struct platform_reserved *list;

	if (dev == HOST_NONE || limit < base || platform->nr_reserved == MAX_RESERVED)
		return;
	list = host_grow(scan->host, platform->reserved, platform->nr_reserved, sizeof(*list));
	if (!list)
		return;
	platform->reserved = list;
	list[platform->nr_reserved++] = (struct platform_reserved){ dev, base, limit, intel };
}

/* Follows a path through bridges to a device; ends at a bridge that the host does not have. */
static int device_of_scope(const struct host *host, u16 segment, const struct dmar_scope *scope)
{
	u8 bus = scope->bus;
	int dev = HOST_NONE;

	for (unsigned i = 0; i < scope->path_length; i++) {
		struct pci_addr addr = { segment, bus, scope->path[i].dev & 31,
			scope->path[i].fn & 7 };

		dev = host_find(host, addr);
		if (dev == HOST_NONE)
			return HOST_NONE;
		if (i + 1 < scope->path_length && !host->devs[dev].bridge)
			return HOST_NONE;
		bus = host->devs[dev].secondary;
	}
	return dev;
}

static void scan_dmar(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	own_free char *bytes = NULL;
	struct dmar_entry entry;
	struct dmar_scope scope;
	struct dmar dmar;
	size_t size;

	platform->dmar = read_table(scan, TABLES "/DMAR", &bytes, &size);
	if (platform->dmar != PLATFORM_TABLE_READ)
		return;
	if (dmar_read(&dmar, bytes, size)) {
		platform->dmar = PLATFORM_TABLE_BROKEN;
		return;
	}
	platform->dmar_bits = dmar.address_width;
	platform->dmar_flags = dmar.flags;
	while (dmar_next(&dmar, &entry))
		while (entry.type == DMAR_RMRR && dmar_scope_next(&entry, &scope))
			add_reserved(scan, device_of_scope(scan->host, entry.segment, &scope),
				entry.base, entry.limit, true);
}

static void add_ivmd(struct platform_scan *scan, const struct ivrs_block *block)
{
	u16 last = block->type == IVRS_IVMD_RANGE ? block->last_id : block->id;

	if (!block->size || !(block->flags & IVMD_UNITY) || block->type == IVRS_IVMD_ALL)
		return;
	for (unsigned i = 0; i < scan->host->count; i++) {
		struct pci_addr addr = scan->host->devs[i].addr;
		u16 rid = pci_addr_rid(addr);

		if (addr.domain == block->segment && rid >= block->id && rid <= last)
			add_reserved(scan, i, block->base, block->base + block->size - 1, false);
	}
}

static void scan_ivrs(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	own_free char *bytes = NULL;
	struct ivrs_block block;
	struct ivrs ivrs;
	size_t size;

	platform->ivrs = read_table(scan, TABLES "/IVRS", &bytes, &size);
	if (platform->ivrs != PLATFORM_TABLE_READ)
		return;
	if (ivrs_read(&ivrs, bytes, size)) {
		platform->ivrs = PLATFORM_TABLE_BROKEN;
		return;
	}
	while (ivrs_next(&ivrs, &block))
		if (ivrs_is_ivmd(block.type))
			add_ivmd(scan, &block);
}

void platform_scan_acpi(struct platform_scan *scan)
{
	scan_dmar(scan);
	scan_ivrs(scan);
}
