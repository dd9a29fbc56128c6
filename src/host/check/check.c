// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/check/check.h"

#include "host/check/check_internal.h"

static const struct check checks[] = {
	{ "iommu", "IOMMU on", false, 0, check_iommu },
	{ "interrupt-remapping", "interrupt remapping live", false, 0, check_interrupt_remapping },
	{ "unsafe-interrupts", "unsafe interrupts not allowed", false, NEEDS_SETUP,
		check_unsafe_interrupts },
	{ "noiommu", "no VFIO without an IOMMU", false, NEEDS_SETUP, check_noiommu },
	{ "acs-override", "groups not overridden", false, 0, check_acs_override },
	{ "kvm", "hardware virtualisation", false, NEEDS_SETUP, check_kvm },
	{ "vfio", "VFIO's driver", false, NEEDS_SETUP, check_vfio },
	{ "address-width", "address width", false, NEEDS_SETUP, check_address_width },
	{ "hugepages", "huge pages", false, NEEDS_SETUP, check_hugepages },
	{ "memlock", "locked memory", false, NEEDS_SETUP, check_memlock },
	{ "dma-entries", "number of DMA mappings", false, NEEDS_SETUP, check_dma_entries },
	{ "same-ids", "identical cards", false, 0, check_same_ids },
	{ "daemons", "programs that keep cards open", false, NEEDS_SETUP, check_daemons },
	{ "vga", "legacy VGA", false, 0, check_vga },
	{ "config", "answers", true, 0, check_config },
	{ "group", "alone in its group", true, 0, check_group },
	{ "viable", "group ready for VFIO", true, 0, check_viable },
	{ "functions", "all functions of the card", true, 0, check_functions },
	{ "early-binding", "driver at boot", true, 0, check_early_binding },
	{ "boot-vga", "not the host's display", true, 0, check_boot_vga },
	{ "framebuffer", "no framebuffer on its memory", true, NEEDS_USERS, check_framebuffer },
	{ "holders", "not held open", true, NEEDS_USERS, check_holders },
	{ "host-use", "not used by the host", true, NEEDS_USERS, check_host_use },
	{ "rmrr", "no memory reserved by firmware", true, NEEDS_SETUP, check_rmrr },
	{ "reset", "reset", true, 0, check_reset },
	{ "power", "power states", true, NEEDS_SETUP, check_power },
	{ "bars", "memory placed", true, 0, check_bars },
	{ "rebar", "resizable BARs", true, 0, check_rebar },
	{ "rom", "option ROM", true, 0, check_rom },
};

const struct check *check_at(unsigned number)
{
	return number < ARRAY_SIZE(checks) ? &checks[number] : NULL;
}

const char *check_name(const struct check *check)
{
	return check->name;
}

const char *check_title(const struct check *check)
{
	return check->title;
}

const char *severity_name(enum severity severity)
{
	static const char *const names[SEVERITY_COUNT] = {
		[SEVERITY_OK] = "ok",
		[SEVERITY_INFO] = "info",
		[SEVERITY_UNKNOWN] = "unknown",
		[SEVERITY_WARN] = "warn",
		[SEVERITY_FAIL] = "fail",
	};

	return names[severity];
}
