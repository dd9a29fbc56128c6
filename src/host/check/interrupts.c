// SPDX-License-Identifier: GPL-2.0-or-later
/* Interrupt remapping: without it a guest can send the host any interrupt. */
#include "host/check/check_internal.h"
#include "pci/acpi/dmar.h"

#define INTERRUPTS "/proc/interrupts"
#define DMAR       "/sys/firmware/acpi/tables/DMAR"
#define ECAP_IR    BIT_ULL(3)

static const char type1_file[] = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
static const char iommufd_file[] = "/sys/module/iommufd/parameters/allow_unsafe_interrupts";

static bool is_capable(const struct setup *setup)
{
	for (unsigned i = 0; i < setup->iommu_count; i++)
		if (setup->iommus[i].intel && setup->iommus[i].ecap & ECAP_IR)
			return true;
	return false;
}

static void missing_evidence(struct look *look)
{
	const struct setup *setup = look->setup;

	evidence(look, INTERRUPTS, "no line with an IR- chip");
	if (setup->dmar == SETUP_TABLE_READ)
		evidence(look, DMAR, "flags %02x: remapping %s%s", setup->dmar_flags,
			setup->dmar_flags & DMAR_INTR_REMAP ? "supported" : "not supported",
			setup->dmar_flags & DMAR_X2APIC_OPT_OUT ? ", x2APIC opt-out" : "");
	for (unsigned i = 0; i < setup->iommu_count; i++)
		if (setup->iommus[i].intel)
			evidence(look,
				look_text(look, "/sys/class/iommu/%s/intel-iommu/ecap",
					setup->iommus[i].name),
				"%llx: %s", (unsigned long long)setup->iommus[i].ecap,
				setup->iommus[i].ecap & ECAP_IR ? "can remap interrupts"
								: "cannot remap interrupts");
}

static void fix_remapping(struct look *look)
{
	const struct setup *setup = look->setup;
	const char *cmdline = look->host->cmdline;

	if (setup_option_has(cmdline, "intremap", "off") ||
		setup_option_has(cmdline, "intremap", "nosid"))
		fix(look, "take intremap= off the kernel's command line and restart");
	else if (setup->dmar == SETUP_TABLE_READ && !(setup->dmar_flags & DMAR_INTR_REMAP) &&
		 is_capable(setup))
		fix(look, "the hardware can, but firmware does not offer it: turn x2APIC and "
			  "interrupt remapping on in the firmware's setup, or update it");
	else
		fix(look,
			"turn x2APIC and %s on in the firmware's setup, or update the firmware. "
			"As a risk of your own, for guests that you trust as the host itself: "
			"echo 1 > %s",
			setup->amd ? "the IOMMU" : "VT-d with interrupt remapping", type1_file);
}

void check_interrupt_remapping(struct look *look)
{
	const struct setup *setup = look->setup;

	if (setup->remapped || (!setup->interrupts_known && setup->dmesg_remapping)) {
		found(look, SEVERITY_OK, "interrupts are remapped");
		if (setup->remapped)
			evidence(look, INTERRUPTS, "%s", setup->remapped);
		if (setup->dmesg_remapping)
			evidence(look, "dmesg", "%s", setup->dmesg_remapping);
	} else if (!setup->interrupts_known) {
		found(look, SEVERITY_UNKNOWN, "the source has no %s, which alone proves it",
			INTERRUPTS);
	} else if (setup->cpu_known && !setup->x86) {
		found(look, SEVERITY_UNKNOWN,
			"this is no x86, and its interrupt controller is not one that is known "
			"to tell devices apart");
		evidence(look, INTERRUPTS, "no ITS line");
	} else {
		found(look, SEVERITY_FAIL,
			"interrupts are not remapped%s: VFIO refuses to give out devices",
			is_capable(setup) ? ", although the IOMMU can" : "");
		missing_evidence(look);
		fix_remapping(look);
	}
}

void check_unsafe_interrupts(struct look *look)
{
	const struct setup *setup = look->setup;
	bool type1 = setup->modules.unsafe_interrupts == SETUP_ON;
	bool iommufd = setup->modules.iommufd_unsafe_interrupts == SETUP_ON;

	if (!setup->modules.known) {
		found(look, SEVERITY_UNKNOWN, "the source has no /sys/module");
		return;
	}
	if (!type1 && !iommufd) {
		found(look, SEVERITY_OK, "VFIO insists on remapped interrupts");
		evidence(look, type1_file, "%s",
			setup->modules.unsafe_interrupts == SETUP_OFF ? "N" : "does not exist");
		return;
	}
	found(look, SEVERITY_WARN,
		setup->remapped
			? "allow_unsafe_interrupts is on, and is not needed: interrupts are "
			  "remapped"
			: "allow_unsafe_interrupts is on: a guest with a device can send the host "
			  "any interrupt");
	evidence(look, type1 ? type1_file : iommufd_file, "Y");
	for (unsigned i = 0; i < setup->modprobe_count; i++)
		if (setup_option_has(setup->modprobe[i].line, "allow_unsafe_interrupts", "1") ||
			setup_option_has(setup->modprobe[i].line, "allow_unsafe_interrupts", "Y"))
			evidence(look, setup->modprobe[i].file, "%s", setup->modprobe[i].line);
	fix(look,
		"echo 0 > %s, and take the option out of /etc/modprobe.d and the kernel's "
		"command line%s",
		type1 ? type1_file : iommufd_file,
		setup->remapped ? "" : "; then VFIO needs interrupt remapping (see above)");
}
