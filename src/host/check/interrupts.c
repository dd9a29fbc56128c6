// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks interrupt remapping: without it a guest can send the host any interrupt. */
#include "host/check/check_internal.h"
#include "host/facts/reading.h"
#include "pci/acpi/dmar.h"

#define INTERRUPTS "/proc/interrupts"
#define DMAR       "/sys/firmware/acpi/tables/DMAR"
#define ECAP_IR    BIT_ULL(3)

static const char type1_file[] = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
static const char iommufd_file[] = "/sys/module/iommufd/parameters/allow_unsafe_interrupts";

static bool is_capable(const struct platform *platform)
{
	for (unsigned i = 0; i < platform->nr_iommus; i++)
		if (platform->iommus[i].intel && platform->iommus[i].ecap & ECAP_IR)
			return true;
	return false;
}

static void missing_evidence(struct look *look)
{
	const struct platform *platform = look->platform;

	evidence(look, INTERRUPTS, "no line with an IR- chip");
	if (platform->dmar == PLATFORM_TABLE_READ)
		evidence(look, DMAR, "flags %02x: remapping %s%s", platform->dmar_flags,
			platform->dmar_flags & DMAR_INTR_REMAP ? "supported" : "not supported",
			platform->dmar_flags & DMAR_X2APIC_OPT_OUT ? ", x2APIC opt-out" : "");
	for (unsigned i = 0; i < platform->nr_iommus; i++)
		if (platform->iommus[i].intel)
			evidence(look,
				look_text(look, "/sys/class/iommu/%s/intel-iommu/ecap",
					platform->iommus[i].name),
				"%llx: %s", (unsigned long long)platform->iommus[i].ecap,
				platform->iommus[i].ecap & ECAP_IR ? "can remap interrupts"
								   : "cannot remap interrupts");
}

static void fix_remapping(struct look *look)
{
	const struct platform *platform = look->platform;
	const char *cmdline = look->host->cmdline;

	if (platform_option_has(cmdline, "intremap", "off") ||
		platform_option_has(cmdline, "intremap", "nosid"))
		fix(look, "take intremap= off the kernel's command line and restart");
	else if (fix_outer_iommu(look))
		return;
	else if (platform->dmar == PLATFORM_TABLE_READ &&
		 !(platform->dmar_flags & DMAR_INTR_REMAP) && is_capable(platform))
		fix(look, "the hardware can, but firmware does not offer it: turn x2APIC and "
			  "interrupt remapping on in the firmware's setup, or update it");
	else
		fix(look,
			"turn x2APIC and %s on in the firmware's setup, or update the firmware. "
			"As a risk of your own, for guests that you trust as the host itself: "
			"echo 1 > %s",
			platform->amd ? "the IOMMU" : "VT-d with interrupt remapping", type1_file);
}

/* Reports what the kernel's messages in a text tell. */
static void remapping_in_text(struct look *look)
{
	const struct reading *reading = look->host->reading;

	if (!reading || !reading->remapping) {
		found(look, SEVERITY_UNKNOWN, "the text of an lspci does not tell");
		return;
	}
	found(look, SEVERITY_OK, "interrupts are remapped");
	evidence(look, "dmesg", "%s", reading->remapping);
}

void check_interrupt_remapping(struct look *look)
{
	const struct platform *platform = look->platform;

	if (!platform) {
		remapping_in_text(look);
		return;
	}
	if (platform->remapped || (!platform->interrupts_known && platform->dmesg_remapping)) {
		found(look, SEVERITY_OK, "interrupts are remapped");
		if (platform->remapped)
			evidence(look, INTERRUPTS, "%s", platform->remapped);
		if (platform->dmesg_remapping)
			evidence(look, "dmesg", "%s", platform->dmesg_remapping);
	} else if (!platform->interrupts_known) {
		found(look, SEVERITY_UNKNOWN, "the source has no %s, which alone proves it",
			INTERRUPTS);
	} else if (platform->cpu_known && !platform->x86) {
		found(look, SEVERITY_UNKNOWN,
			"this is no x86, and its interrupt controller is not one that is known "
			"to tell devices apart");
		evidence(look, INTERRUPTS, "no ITS line");
	} else {
		found(look, SEVERITY_FAIL,
			"interrupts are not remapped%s: VFIO refuses to give out devices",
			is_capable(platform) ? ", although the IOMMU can" : "");
		missing_evidence(look);
		fix_remapping(look);
	}
}

void check_unsafe_interrupts(struct look *look)
{
	const struct platform *platform = look->platform;
	bool type1 = platform->modules.unsafe_interrupts == PLATFORM_ON;
	bool iommufd = platform->modules.iommufd_unsafe_interrupts == PLATFORM_ON;

	if (!platform->modules.known) {
		found(look, SEVERITY_UNKNOWN, "the source has no /sys/module");
		return;
	}
	if (!type1 && !iommufd) {
		found(look, SEVERITY_OK, "VFIO insists on remapped interrupts");
		evidence(look, type1_file, "%s",
			platform->modules.unsafe_interrupts == PLATFORM_OFF ? "N"
									    : "does not exist");
		return;
	}
	found(look, SEVERITY_WARN,
		platform->remapped
			? "allow_unsafe_interrupts is on, and is not needed: interrupts are "
			  "remapped"
			: "allow_unsafe_interrupts is on: a guest with a device can send the host "
			  "any interrupt");
	evidence(look, type1 ? type1_file : iommufd_file, "Y");
	for (unsigned i = 0; i < platform->nr_modprobe; i++)
		if (platform_option_has(
			    platform->modprobe[i].line, "allow_unsafe_interrupts", "1") ||
			platform_option_has(
				platform->modprobe[i].line, "allow_unsafe_interrupts", "Y"))
			evidence(
				look, platform->modprobe[i].file, "%s", platform->modprobe[i].line);
	fix(look,
		"echo 0 > %s, and take the option out of /etc/modprobe.d and the kernel's "
		"command line%s",
		type1 ? type1_file : iommufd_file,
		platform->remapped ? "" : "; then VFIO needs interrupt remapping (see above)");
}
