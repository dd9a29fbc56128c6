// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks reset, power, and memory that firmware reserves. */
#include <stdio.h>
#include <string.h>

#include "host/check/check_internal.h"
#include "host/facts/class.h"
#include "host/facts/reset.h"
#include "host/groups/verdict.h"

#define IDLE_D3 "/sys/module/vfio_pci/parameters/disable_idle_d3"

static void reset_bug(struct look *look, const char *methods, const char *file)
{
	bool module = look->platform && look->platform->modules.vendor_reset;

	if (module && !strncmp(methods, "device_specific", 15)) {
		found(look, SEVERITY_OK, "vendor-reset resets it");
		evidence(look, file, "%s", methods);
		return;
	}
	found(look, SEVERITY_WARN,
		"cards of its kind often do not come back from a reset: the second start of a "
		"guest may fail until the host restarts");
	evidence(look, file, "%s", *methods ? methods : "none");
	if (look->platform)
		evidence(look, "/sys/module/vendor_reset", module ? "exists" : "does not exist");
	if (module)
		fix(look, "echo device_specific > %s", file);
	else
		fix(look, "install the vendor-reset module, then echo device_specific > %s", file);
}

void check_reset(struct look *look)
{
	const char *methods = look->d->reset_methods, *file;

	if (!host_knows(look->d, HOST_RESET) && reset_has_bug(look->d)) {
		found(look, SEVERITY_WARN,
			"%04x:%04x is of AMD's %s generation, which often does not come back from "
			"a "
			"reset: the second start of a guest may fail until the host restarts",
			look->d->vendor, look->d->device, reset_bug_generation(look->d));
		fix(look, "install the vendor-reset module, then echo device_specific > %s",
			look_file(look, look->d, "reset_method"));
		return;
	}
	if (!host_knows(look->d, HOST_RESET)) {
		found(look, SEVERITY_UNKNOWN, "its ways of reset are not known");
		return;
	}
	file = look_file(look, look->d, "reset_method");
	if (reset_has_bug(look->d)) {
		reset_bug(look, methods, file);
		return;
	}
	if (reset_has_method(methods, "flr") || reset_has_method(methods, "bus") ||
		reset_has_method(methods, "device_specific") || reset_has_method(methods, "acpi") ||
		reset_has_method(methods, "af_flr") || reset_has_method(methods, "cxl_bus")) {
		found(look, SEVERITY_OK, "it can be reset");
	} else if (look->d->parent != HOST_NONE) {
		found(look, SEVERITY_INFO,
			"it has no reset of its own%s; all functions of its card together are "
			"reset "
			"through the port above",
			*methods ? " that does anything" : "");
	} else {
		found(look, SEVERITY_WARN,
			"it cannot be reset: what a guest leaves in it, the next one and the host "
			"find");
		fix(look, "restart the host between guests, and do not share it between guests "
			  "that may not know of each other");
	}
	evidence(look, file, "%s", *methods ? methods : "none");
}

static void power_evidence(struct look *look)
{
	const struct platform_dev *s = &look->platform->devs[look->dev];

	if (look->d->power_state)
		evidence(look, look_file(look, look->d, "power_state"), "%s", look->d->power_state);
	if (s->d3cold_allowed)
		evidence(look, look_file(look, look->d, "d3cold_allowed"), "%u",
			s->d3cold_allowed == PLATFORM_ON);
	if (s->power_control)
		evidence(look, look_file(look, look->d, "power/control"), "%s", s->power_control);
	if (look->platform->modules.disable_idle_d3)
		evidence(look, IDLE_D3, "%s",
			look->platform->modules.disable_idle_d3 == PLATFORM_ON ? "Y" : "N");
}

void check_power(struct look *look)
{
	const struct platform_dev *s = &look->platform->devs[look->dev];
	bool vfio = look->d->driver && verdict_is_vfio(look->d->driver);
	bool cold = look->d->power_state && !strcmp(look->d->power_state, "D3cold");
	bool sleeps = s->power_control && !strcmp(s->power_control, "auto");

	if (!look->d->power_state && !s->d3cold_allowed && !s->power_control) {
		found(look, SEVERITY_UNKNOWN, "its power state is not known");
		return;
	}
	if (cold)
		found(look, SEVERITY_WARN,
			"its power is off (D3cold): many cards do not come back from there");
	else if (vfio && sleeps && s->d3cold_allowed == PLATFORM_ON &&
		 look->platform->modules.disable_idle_d3 != PLATFORM_ON)
		found(look, SEVERITY_WARN,
			"idle with vfio-pci, its power may be cut (D3cold), from which many cards "
			"do not come back: \"Unable to change power state\"");
	else {
		found(look, SEVERITY_OK, "its power stays on%s",
			vfio ? "" : "; `tenon bind` keeps it so");
		power_evidence(look);
		return;
	}
	power_evidence(look);
	fix(look, "echo 0 > %s; echo on > %s; or load vfio-pci with disable_idle_d3=1",
		look_file(look, look->d, "d3cold_allowed"),
		look_file(look, look->d, "power/control"));
}

/* Whether @above is @dev or a bridge above it. */
static bool is_above(const struct host *host, unsigned above, unsigned dev)
{
	for (unsigned steps = 0; steps < 256; steps++) {
		if (dev == above)
			return true;
		if (host->devs[dev].parent == HOST_NONE)
			return false;
		dev = host->devs[dev].parent;
	}
	return false;
}

/*
 * The kernel ignores an RMRR of a display or a USB controller on assignment, because firmware needs
 * that memory only until a driver is bound. It never ignores the regions of AMD's table.
 */
static bool is_relaxable(const struct host_dev *dev, const struct platform_reserved *reserved)
{
	return reserved->intel && (host_is_gpu(dev) || dev->class >> 8 == CLASS_USB);
}

void check_rmrr(struct look *look)
{
	const struct platform *platform = look->platform;
	unsigned relaxable = 0, foretold = 0;

	for (unsigned i = 0; i < platform->nr_regions; i++) {
		const struct platform_region *r = &platform->regions[i];

		if (look->d->group == HOST_NONE || r->group != look->d->group)
			continue;
		relaxable += !strcmp(r->type, "direct-relaxable");
		if (strcmp(r->type, "direct"))
			continue;
		found(look, SEVERITY_FAIL,
			"firmware wants the device to reach %llx-%llx: the kernel refuses to give "
			"it to a guest (\"ineligible for IOMMU domain attach due to platform "
			"RMRR\")",
			(unsigned long long)r->start, (unsigned long long)r->end);
		evidence(look,
			look_text(look, "/sys/kernel/iommu_groups/%d/reserved_regions", r->group),
			"%llx-%llx %s", (unsigned long long)r->start, (unsigned long long)r->end,
			r->type);
		fix(look,
			"use another slot, or turn off in %s what needs that memory (HPE: shared "
			"memory features of the slot; else USB legacy support, management agents)",
			look_setup(look));
		return;
	}
	for (unsigned i = 0; i < platform->nr_reserved; i++) {
		const struct platform_reserved *r = &platform->reserved[i];

		if (platform->regions_known || !is_above(look->host, r->dev, look->dev))
			continue;
		if (is_relaxable(look->d, r)) {
			relaxable++;
			continue;
		}
		if (!foretold++)
			found(look, SEVERITY_WARN,
				"firmware wants the device to reach memory of its own: with the "
				"IOMMU "
				"on, the kernel will refuse to give it to a guest");
		evidence(look,
			r->intel ? "/sys/firmware/acpi/tables/DMAR"
				 : "/sys/firmware/acpi/tables/IVRS",
			"%s %llx-%llx", r->intel ? "RMRR" : "IVMD", (unsigned long long)r->base,
			(unsigned long long)r->limit);
		fix(look, "use another slot, or look for a setting of the firmware for it");
	}
	if (foretold)
		return;
	if (!platform->regions_known && platform->dmar < PLATFORM_TABLE_READ &&
		platform->ivrs < PLATFORM_TABLE_READ) {
		found(look, SEVERITY_UNKNOWN,
			"neither the groups' reserved regions nor firmware's tables are readable");
		return;
	}
	found(look, SEVERITY_OK,
		relaxable ? "firmware's memory for it may be taken away"
			  : "firmware keeps no memory for it");
	if (platform->regions_known && look->d->group != HOST_NONE)
		evidence(look,
			look_text(look, "/sys/kernel/iommu_groups/%d/reserved_regions",
				look->d->group),
			relaxable ? "direct-relaxable" : "nothing direct");
}
