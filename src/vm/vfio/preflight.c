// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/preflight.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "kernel/outer_read.h"

#define NAME_SIZE 64
#define PATH_SIZE 128
/* Enough to show the problem; a group behind a bridge can have dozens of members. */
#define MAX_NAMED 4

/* Writes the name of the driver that the device is bound to, or "". */
static void read_driver(const struct sysroot *sysroot, const char *device, char driver[NAME_SIZE])
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", device);
	if (sysroot_link_name(sysroot, path, driver, NAME_SIZE) < 0)
		driver[0] = '\0';
}

/* vfio-pci, and variants from vendors: mlx5-vfio-pci, nvgrace-gpu-vfio-pci. */
static bool is_vfio_driver(const char *driver)
{
	return strstr(driver, "vfio") != NULL;
}

static bool is_bridge(const struct sysroot *sysroot, const char *device)
{
	char path[PATH_SIZE], text[NAME_SIZE];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/class", device);
	return sysroot_text(sysroot, path, text, sizeof(text)) > 0 &&
	       strtoul(text, NULL, 16) >> 16 == 6;
}

static int no_iommu(const struct sysroot *sysroot, const char *name, struct err *err)
{
	own_free char **groups = NULL;
	own_free char *cpu = NULL;
	char evidence[OUTER_EVIDENCE];
	enum outer outer = outer_read(sysroot, evidence);
	size_t size = 0;
	bool amd;

	if (sysroot_names(sysroot, "/sys/kernel/iommu_groups", &groups) > 0) {
		err_set(err, ENODEV, "%s: no IOMMU stands before this device", name);
		return err_help(err,
			"The host has an IOMMU, but not for this slot: try another, or "
			"look for a switch for it in %s",
			outer_setup(outer));
	}
	err_set(err, ENODEV,
		"%s: the host's IOMMU is off, so the device cannot be confined to a guest", name);
	if (sysroot_exists(sysroot, "/sys/firmware/acpi/tables/DMAR"))
		return err_help(err, "The firmware offers one (VT-d): add intel_iommu=on to the "
				     "kernel's command line, and restart");
	if (sysroot_exists(sysroot, "/sys/firmware/acpi/tables/IVRS"))
		return err_help(err, "The firmware offers one (AMD-Vi): take amd_iommu=off or "
				     "iommu=off from the kernel's command line, and restart");
	if (outer)
		return err_help(err, "%s", outer_iommu(outer));
	amd = !sysroot_whole(sysroot, "/proc/cpuinfo", 4 * MIB, &cpu, &size) &&
	      strstr(cpu, "AuthenticAMD");
	if (amd)
		return err_help(err, "Turn on IOMMU (AMD-Vi) in the firmware's setup");
	return err_help(err, "Turn on VT-d in the firmware's setup, and add intel_iommu=on to the "
			     "kernel's command line");
}

int vfio_preflight_group(
	const struct sysroot *sysroot, struct pci_addr addr, u32 *group, struct err *err)
{
	char name[PCI_ADDR_SIZE], path[PATH_SIZE], text[NAME_SIZE], *end;

	pci_addr_text(addr, name);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	if (sysroot_link_name(sysroot, path, text, sizeof(text)) < 0)
		return no_iommu(sysroot, name, err);
	*group = (u32)strtoul(text, &end, 10);
	if (end == text || *end)
		return err_set(err, EPROTO, "%s: its IOMMU group is named '%s'", name, text);

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/name", *group);
	if (sysroot_text(sysroot, path, text, sizeof(text)) > 0 && !strcmp(text, "vfio-noiommu")) {
		err_set(err, ENODEV, "%s: VFIO has it without an IOMMU, which does not confine it",
			name);
		return err_help(
			err, "Turn on the host's IOMMU, and enable_unsafe_noiommu_mode off");
	}
	return 0;
}

static int check_own_driver(const struct sysroot *sysroot, const char *name, struct err *err)
{
	char driver[NAME_SIZE];

	read_driver(sysroot, name, driver);
	if (is_vfio_driver(driver))
		return 0;
	if (*driver)
		err_set(err, EBUSY, "%s: the host's driver %s still has the device", name, driver);
	else
		err_set(err, ENODEV, "%s: the device is not bound to vfio-pci", name);
	return err_help(err, "tenon bind %s", name);
}

/*
 * The kernel's own rule: a member makes the group unusable if its host driver does DMA. Bridges,
 * and devices that have no driver or pci-stub, do not matter.
 */
static bool spoils_group(const struct sysroot *sysroot, const char *member, char driver[NAME_SIZE])
{
	struct pci_addr addr;

	read_driver(sysroot, member, driver);
	return !pci_addr_parse(member, &addr) && *driver && !is_vfio_driver(driver) &&
	       strcmp(driver, "pci-stub") != 0 && !is_bridge(sysroot, member);
}

static int check_members(
	const struct sysroot *sysroot, const char *name, u32 group, struct err *err)
{
	char path[PATH_SIZE], driver[NAME_SIZE], list[512] = "";
	own_free char **members = NULL;
	unsigned bad = 0;
	size_t len = 0;

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/devices", group);
	if (sysroot_names(sysroot, path, &members) < 0)
		return 0;
	for (char **m = members; *m; m++) {
		if (!spoils_group(sysroot, *m, driver) || bad++ >= MAX_NAMED)
			continue;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%.20s (%.40s)",
			bad > 1 ? ", " : "", *m, driver);
	}
	if (!bad)
		return 0;
	if (bad > MAX_NAMED)
		snprintf(list + len, sizeof(list) - len, " and %u more", bad - MAX_NAMED);
	err_set(err, EBUSY, "%s: its IOMMU group %u also holds %s, which %s", name, group, list,
		bad > 1 ? "host drivers still use" : "a host driver still uses");
	return err_help(err,
		"tenon bind %s    (takes the whole group)\n"
		"tenon explain %s (says why they are in one group)",
		name, name);
}

int vfio_preflight(const struct sysroot *sysroot, struct pci_addr addr, struct err *err)
{
	char name[PCI_ADDR_SIZE], path[PATH_SIZE];
	u32 group;
	int ret;

	pci_addr_text(addr, name);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", name);
	if (!sysroot_exists(sysroot, path)) {
		err_set(err, ENODEV, "%s: the host has no such PCI device", name);
		return err_help(err, "tenon list    (shows those that it has)");
	}
	if (is_bridge(sysroot, name))
		return err_set(
			err, ENOTSUP, "%s: it is a bridge; only endpoints can be assigned", name);
	ret = vfio_preflight_group(sysroot, addr, &group, err);
	if (!ret)
		ret = check_own_driver(sysroot, name, err);
	if (!ret)
		ret = check_members(sysroot, name, group, err);
	return ret;
}

/*
 * A line "0x... 0x... direct": firmware reserves this memory for the device (RMRR), and the kernel
 * honours it.
 */
static bool find_reserved(const struct sysroot *sysroot, u32 group, char *line, size_t size)
{
	char path[PATH_SIZE], *at, *next;
	own_free char *text = NULL;
	size_t len = 0;

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/reserved_regions", group);
	if (sysroot_whole(sysroot, path, 64 * KIB, &text, &len))
		return false;
	for (at = text; (next = strchr(at, '\n')); at = next + 1) {
		*next = '\0';
		if (next - at > 7 && !strcmp(next - 7, " direct")) {
			snprintf(line, size, "%.*s", (int)(next - at - 7), at);
			return true;
		}
	}
	return false;
}

static bool interrupts_are_remapped(const struct sysroot *sysroot)
{
	own_free char *text = NULL;
	size_t len = 0;

	/* With remapping, the names of interrupt controllers begin with IR-, such as IR-IO-APIC. */
	return !sysroot_whole(sysroot, "/proc/interrupts", 4 * MIB, &text, &len) &&
	       strstr(text, " IR-");
}

int vfio_preflight_explain(
	const struct sysroot *sysroot, struct pci_addr addr, u32 group, struct err *err)
{
	char name[PCI_ADDR_SIZE], range[NAME_SIZE], evidence[OUTER_EVIDENCE];
	const char *outer;

	pci_addr_text(addr, name);
	if (err->code != EPERM)
		return err_wrap(err, "%s", name);
	if (!interrupts_are_remapped(sysroot)) {
		err_set(err, EPERM,
			"%s: the host does not remap interrupts, so the device could raise any of "
			"the host's",
			name);
		outer = outer_iommu(outer_read(sysroot, evidence));
		return err_help(err,
			"%s, and take intremap=off from the kernel's command line.\n"
			"Only where you trust the guest as you trust the host:\n"
			"echo 1 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
			outer ? outer
			      : "Turn on interrupt remapping (VT-d or AMD-Vi, x2APIC) in the "
				"firmware's setup");
	}
	if (find_reserved(sysroot, group, range, sizeof(range))) {
		err_set(err, EPERM,
			"%s: the firmware keeps the memory range %s for the device (RMRR), so the "
			"kernel does not give it away",
			name, range);
		return err_help(err, "Another slot, or a firmware option for 'shared memory' of "
				     "the slot, can help");
	}
	return err_wrap(err, "%s", name);
}

static ssize_t read_attribute(const struct sysroot *sysroot, struct pci_addr addr,
	const char *attribute, char *text, size_t size)
{
	char name[PCI_ADDR_SIZE], path[PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", pci_addr_text(addr, name),
		attribute);
	return sysroot_text(sysroot, path, text, size);
}

bool vfio_preflight_specific_reset(const struct sysroot *sysroot, struct pci_addr addr)
{
	static const char method[] = "device_specific";
	char text[128];

	return read_attribute(sysroot, addr, "reset_method", text, sizeof(text)) > 0 &&
	       !strncmp(text, method, strlen(method));
}

int vfio_preflight_bars(
	const struct sysroot *sysroot, struct pci_addr addr, struct pci_bar bars[PCI_REGIONS])
{
	const char *line;
	char text[1024];

	memset(bars, 0, PCI_REGIONS * sizeof(bars[0]));
	if (read_attribute(sysroot, addr, "resource", text, sizeof(text)) < 0)
		return -ENOENT;
	line = text;
	for (unsigned i = 0; i < PCI_REGIONS; i++) {
		unsigned used = pci_bar_scan_resource(line, &bars[i]);

		if (!used) {
			memset(bars, 0, PCI_REGIONS * sizeof(bars[0]));
			return -ENOENT;
		}
		line += used;
	}
	return 0;
}
