// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/process_unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool ends_with(const char *text, size_t n, const char *end)
{
	size_t m = strlen(end);

	return n >= m && !strncmp(text + n - m, end, m);
}

/* Whether a user's unit is part of a desktop: a session on a terminal or by SSH is not. */
static bool is_desktop(const struct sysroot *sysroot, const char *name)
{
	char path[PATH_MAX], text[4096];
	unsigned id;

	if (sscanf(name, "session-%u.scope", &id) != 1)
		return true;
	snprintf(path, sizeof(path), "/run/systemd/sessions/%u", id);
	return sysroot_text(sysroot, path, text, sizeof(text)) <= 0 ||
	       (!strstr(text, "\nTYPE=tty") && !strstr(text, "\nTYPE=unspecified"));
}

/* Finds the unit in a cgroup's path, which a newline may end. */
static int find_unit(const struct sysroot *sysroot, const char *path, struct process_unit *unit)
{
	for (const char *at = path; *at && *at != '\n';) {
		size_t n;

		at += *at == '/';
		n = strcspn(at, "/\n");
		if (n > NAME_MAX)
			return -ENOENT;
		if (ends_with(at, n, ".service") || ends_with(at, n, ".scope")) {
			snprintf(unit->name, sizeof(unit->name), "%.*s", (int)n, at);
			unit->of_system = starts_with(path, "/system.slice/");
			unit->of_user = starts_with(path, "/user.slice/");
			unit->in_desktop = unit->of_user && is_desktop(sysroot, unit->name);
			return 0;
		}
		at += n;
	}
	return -ENOENT;
}

/* The lines are "0::/PATH" for cgroups of version 2, and "1:name=systemd:/PATH" for version 1. */
int process_unit_read(const struct sysroot *sysroot, int pid, struct process_unit *unit)
{
	static const char *const hierarchies[] = { ":name=systemd:", "0::" };
	char file[64], text[4096];

	*unit = (struct process_unit){ 0 };
	if (pid)
		snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	else
		snprintf(file, sizeof(file), "/proc/self/cgroup");
	if (sysroot_text(sysroot, file, text, sizeof(text)) <= 0)
		return -ENOENT;
	for (unsigned i = 0; i < ARRAY_SIZE(hierarchies); i++) {
		const char *path = strstr(text, hierarchies[i]);

		if (path)
			return find_unit(sysroot, path + strlen(hierarchies[i]), unit);
	}
	return -ENOENT;
}
