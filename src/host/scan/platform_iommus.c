// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the IOMMUs that the kernel drives, their groups' reserved regions, and interrupt remapping.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/platform_internal.h"

#define GROUPS         "/sys/kernel/iommu_groups"
#define MAX_INTERRUPTS (16 * MIB)
#define MAX_REGIONS    65536
#define MAX_DMESG      (16 * MIB)

static void scan_iommu(struct platform_scan *scan, const char *name)
{
	struct platform *platform = scan->platform;
	struct platform_iommu *list =
		host_grow(scan->host, platform->iommus, platform->nr_iommus, sizeof(*list));
	struct platform_iommu iommu = { .name = host_text(scan->host, name) };

	if (!list)
		return;
	iommu.cap = platform_number(scan, 16, "/sys/class/iommu/%s/intel-iommu/cap", name);
	iommu.ecap = platform_number(scan, 16, "/sys/class/iommu/%s/intel-iommu/ecap", name);
	iommu.intel = iommu.cap != PLATFORM_UNKNOWN && iommu.ecap != PLATFORM_UNKNOWN;
	platform->iommus = list;
	list[platform->nr_iommus++] = iommu;
}

/* "0x00000000fee00000 0x00000000feefffff msi" */
static void scan_region(struct platform_scan *scan, int group, const char *line)
{
	struct platform *platform = scan->platform;
	unsigned long long start, end;
	struct platform_region *list;
	char type[32];

	if (sscanf(line, "%llx %llx %31s", &start, &end, type) != 3 || end < start ||
		platform->nr_regions == MAX_REGIONS)
		return;
	list = host_grow(scan->host, platform->regions, platform->nr_regions, sizeof(*list));
	if (!list)
		return;
	platform->regions = list;
	list[platform->nr_regions++] =
		(struct platform_region){ group, start, end, host_text(scan->host, type) };
}

static void scan_regions(struct platform_scan *scan, const char *group)
{
	char path[PATH_MAX], text[4096];
	char *rest = text, *line, *end;
	unsigned long number = strtoul(group, &end, 10);

	snprintf(path, sizeof(path), GROUPS "/%s/reserved_regions", group);
	if (end == group || *end || number > INT_MAX ||
		sysroot_text(scan->sysroot, path, text, sizeof(text)) < 0)
		return;
	scan->platform->regions_known = true;
	while ((line = strsep(&rest, "\n")))
		scan_region(scan, number, line);
}

/*
 * Interrupt chips that remap are called IR-PCI-MSI, IR-IO-APIC, DMAR-IR...; on Arm, ITS-MSI and the
 * like translate by device, which protects as well.
 */
static bool is_remapped(const char *line)
{
	return strstr(line, " IR-") || strstr(line, " ITS-") || strstr(line, " GICv4-");
}

static void scan_interrupts(struct platform_scan *scan)
{
	struct platform *platform = scan->platform;
	own_free char *text = NULL;
	char *rest, *line;
	size_t size;

	if (sysroot_whole(scan->sysroot, "/proc/interrupts", MAX_INTERRUPTS, &text, &size) || !size)
		return;
	platform->interrupts_known = true;
	rest = text;
	while (!platform->remapped && (line = strsep(&rest, "\n"))) {
		char *name = line + strcspn(line, ":");

		if (!is_remapped(line) || !*name)
			continue;
		/* Skip the counts of the processors. */
		*name++ = '\0';
		name += strspn(name, " 0123456789");
		line += strspn(line, " ");
		line[strcspn(line, " ")] = '\0';
		platform->remapped = host_text(scan->host, name);
	}
}

/* A captured host has the kernel's boot messages in a file. */
static void scan_dmesg(struct platform_scan *scan)
{
	static const char *const marks[] = { "DMAR-IR: Enabled IRQ remapping",
		"AMD-Vi: Interrupt remapping enabled" };
	own_free char *text = NULL;
	size_t size;

	if (sysroot_whole(scan->sysroot, "/dmesg", MAX_DMESG, &text, &size))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(marks); i++) {
		char *found = strstr(text, marks[i]);

		if (!found)
			continue;
		found[strcspn(found, "\n")] = '\0';
		scan->platform->dmesg_remapping = host_text(scan->host, found);
	}
}

void platform_scan_iommus(struct platform_scan *scan)
{
	own_free char **iommus = NULL;
	own_free char **groups = NULL;
	int n = sysroot_names(scan->sysroot, "/sys/class/iommu", &iommus);
	int nr_groups = sysroot_names(scan->sysroot, GROUPS, &groups);

	for (int i = 0; i < n; i++)
		scan_iommu(scan, iommus[i]);
	for (int i = 0; i < nr_groups; i++)
		scan_regions(scan, groups[i]);
	scan_interrupts(scan);
	if (!scan->sysroot->running)
		scan_dmesg(scan);
}
