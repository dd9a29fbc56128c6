// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks that the IOMMU is on, and that no option weakens it. */
#include "host/check/check_internal.h"

#define GROUPS "/sys/kernel/iommu_groups"
#define TABLES "/sys/firmware/acpi/tables"

static const char *table_text(enum platform_table table)
{
	switch (table) {
	case PLATFORM_TABLE_ABSENT:
		return "does not exist";
	case PLATFORM_TABLE_PRESENT:
		return "is there, and takes root to read";
	case PLATFORM_TABLE_BROKEN:
		return "is there, and is broken";
	case PLATFORM_TABLE_READ:
		return "is there";
	case PLATFORM_TABLE_UNKNOWN:
		break;
	}
	return "cannot be looked for";
}

/* The option that turns the IOMMU off; NULL if there is none. */
static const char *off_option(const char *cmdline)
{
	if (platform_option_has(cmdline, "intel_iommu", "off"))
		return "intel_iommu=off";
	if (platform_option_has(cmdline, "amd_iommu", "off"))
		return "amd_iommu=off";
	if (platform_option_has(cmdline, "iommu", "off"))
		return "iommu=off";
	return NULL;
}

static void fix_iommu(struct look *look)
{
	const struct platform *platform = look->platform;
	const char *cmdline = look->host->cmdline, *off = off_option(cmdline);

	if (off)
		fix(look, "take %s off the kernel's command line and restart", off);
	else if (platform && platform->dmar >= PLATFORM_TABLE_PRESENT &&
		 !platform_option_has(cmdline, "intel_iommu", "on"))
		fix(look, "firmware offers VT-d; put intel_iommu=on on the kernel's command line "
			  "and restart");
	else if (fix_outer_iommu(look))
		return;
	else if (platform && platform->dmar == PLATFORM_TABLE_ABSENT &&
		 platform->ivrs == PLATFORM_TABLE_ABSENT)
		fix(look, "turn the IOMMU on in the firmware's setup: %s",
			platform->amd ? "it is called IOMMU, AMD-Vi or SVM's IOMMU, and \"Auto\" "
					"is often off"
			: platform->intel ? "it is called VT-d, often below System Agent or chipset"
					  : "VT-d (Intel), AMD-Vi or IOMMU (AMD), SMMU (Arm)");
	else
		fix(look, "turn VT-d (Intel), AMD-Vi (AMD) or the SMMU (Arm) on in the firmware's "
			  "setup, and on Intel boot with intel_iommu=on");
}

void check_iommu(struct look *look)
{
	const struct host *host = look->host;
	const struct platform *platform = look->platform;

	if (host->groups_known) {
		found(look, SEVERITY_OK, "the IOMMU is on: the kernel has %u groups",
			look->facts->kernel->count);
		evidence(look, host->source == HOST_LSPCI ? "lspci" : GROUPS, "%u groups",
			look->facts->kernel->count);
		for (unsigned i = 0; platform && i < platform->nr_iommus && i < 4; i++)
			evidence(look, "/sys/class/iommu", "%s", platform->iommus[i].name);
		return;
	}
	if (!host->iommu_off) {
		found(look, SEVERITY_UNKNOWN,
			"no IOMMU group is shown, which need not mean that "
			"there is none");
		return;
	}
	found(look, SEVERITY_FAIL, "the kernel runs without an IOMMU: no device can be assigned");
	evidence(look, GROUPS, "is empty");
	if (platform) {
		evidence(look, TABLES "/DMAR", "%s", table_text(platform->dmar));
		evidence(look, TABLES "/IVRS", "%s", table_text(platform->ivrs));
	}
	if (host->cmdline)
		evidence(look, "/proc/cmdline", "%s", host->cmdline);
	fix_iommu(look);
}

void check_noiommu(struct look *look)
{
	static const char file[] = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";

	if (look->platform->modules.noiommu == PLATFORM_ON) {
		found(look, SEVERITY_WARN,
			"VFIO hands devices out even without an IOMMU: such a device reads and "
			"writes all of the host's memory");
		evidence(look, file, "Y");
		fix(look, "echo N > %s, and take the option out of /etc/modprobe.d", file);
	} else if (!look->platform->modules.known) {
		found(look, SEVERITY_UNKNOWN, "the source has no /sys/module");
	} else {
		found(look, SEVERITY_OK, "VFIO insists on an IOMMU");
		evidence(look, file, "%s",
			look->platform->modules.noiommu == PLATFORM_OFF ? "N" : "does not exist");
	}
}

void check_acs_override(struct look *look)
{
	const char *cmdline = look->host->cmdline;
	char value[256];

	if (!cmdline) {
		found(look, SEVERITY_UNKNOWN, "the kernel's command line is not known");
	} else if (platform_option(cmdline, "pcie_acs_override", value, sizeof(value))) {
		found(look, SEVERITY_WARN,
			"pcie_acs_override makes the kernel believe in isolation that the "
			"hardware does not have: a guest's card may reach other devices' memory");
		evidence(look, "/proc/cmdline", "pcie_acs_override=%s", value);
		fix(look, "take it off the command line where guests are not trusted; `tenon "
			  "explain BDF` tells other ways");
	} else {
		found(look, SEVERITY_OK, "the groups are as the hardware isolates");
		evidence(look, "/proc/cmdline", "no pcie_acs_override");
	}
}
