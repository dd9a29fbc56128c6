// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the units of systemd that have to do with displays: the display manager, and those that the
 * processes belong to which have a device open. systemd makes a cgroup for each unit while it runs.
 */
#include <stdio.h>
#include <string.h>

#include "host/scan/process_unit.h"
#include "host/scan/uses_internal.h"

#define ALIAS    "/etc/systemd/system/display-manager.service"
#define MAX_LINK 4 /* of unit files in a row */

/* With cgroups of version 1, systemd has a hierarchy of its own. */
static const char *const cgroups[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/systemd",
	"/sys/fs/cgroup/unified" };

static const char *const unit_files[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system" };

/* Replaces @unit by the unit that its file is a link to, if it is one. */
static bool follow(const struct uses_scan *scan, char *unit, size_t size)
{
	for (unsigned i = 0; i < ARRAY_SIZE(unit_files); i++) {
		char path[PATH_MAX], target[NAME_MAX];

		snprintf(path, sizeof(path), "%s/%s", unit_files[i], unit);
		if (sysroot_link_name(scan->sysroot, path, target, sizeof(target)) <= 0 ||
			!strcmp(target, unit))
			continue;
		snprintf(unit, size, "%s", target);
		return true;
	}
	return false;
}

static const char *cgroup_of(const struct uses_scan *scan, const char *unit)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < ARRAY_SIZE(cgroups); i++) {
		snprintf(path, sizeof(path), "%s/system.slice/%s", cgroups[i], unit);
		if (sysroot_exists(scan->sysroot, path))
			return host_text(scan->host, path);
	}
	return NULL;
}

/* systemd names the cgroup after the unit's file, and not after a link to that. */
void uses_scan_desktop(struct uses_scan *scan)
{
	struct use_desktop *desktop = &scan->uses->desktop;
	char unit[NAME_MAX];

	if (sysroot_link_name(scan->sysroot, ALIAS, unit, sizeof(unit)) <= 0)
		return;
	desktop->cgroup = cgroup_of(scan, unit);
	for (unsigned i = 0; i < MAX_LINK && !desktop->cgroup && follow(scan, unit, sizeof(unit));
		i++)
		desktop->cgroup = cgroup_of(scan, unit);
	desktop->unit = host_text(scan->host, unit);
}

void uses_scan_units(struct uses_scan *scan)
{
	for (unsigned i = 0; i < scan->uses->nr_uses; i++) {
		struct use *use = &scan->uses->use[i];
		struct process_unit unit;

		if (use->kind != USE_PROCESS || process_unit_read(scan->sysroot, use->pid, &unit))
			continue;
		use->unit = host_text(scan->host, unit.name);
		use->in_desktop = unit.in_desktop;
		use->cgroup = unit.of_system ? cgroup_of(scan, unit.name) : NULL;
	}
}
