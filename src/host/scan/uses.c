// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/uses.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/uses_internal.h"

int uses_device_in(const struct host *host, const char *path)
{
	int found = HOST_NONE;

	for (const char *at = path; at; at = strchr(at, '/')) {
		struct pci_addr addr;
		unsigned n;
		int dev;

		at += *at == '/';
		n = pci_addr_scan(at, &addr);
		if (!n || (at[n] && at[n] != '/'))
			continue;
		dev = host_find(host, addr);
		if (dev != HOST_NONE)
			found = dev;
	}
	return found;
}

int uses_device_of(const struct uses_scan *scan, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (n < 0 || n >= (int)sizeof(path))
		return HOST_NONE;
	if (sysroot_link(scan->sysroot, path, target, sizeof(target)) < 0)
		return HOST_NONE;
	return uses_device_in(scan->host, target);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

void uses_add(struct uses_scan *scan, enum use_kind kind, unsigned dev, const char *what,
	const char *via, int pid)
{
	struct uses *uses = scan->uses;
	struct use *grown;

	for (unsigned i = 0; i < uses->nr_uses; i++) {
		const struct use *use = &uses->use[i];

		if (use->kind == kind && use->dev == dev && use->pid == pid &&
			same(use->what, what) && same(use->via, via))
			return;
	}
	grown = host_grow(scan->host, uses->use, uses->nr_uses, sizeof(*grown));
	if (!grown)
		return;
	uses->use = grown;
	grown[uses->nr_uses++] = (struct use){
		.kind = kind,
		.dev = dev,
		.what = host_text(scan->host, what),
		.via = host_text(scan->host, via),
		.pid = pid,
	};
}

void uses_scan_input(struct uses_scan *scan)
{
	own_free char **names = NULL;
	int n = sysroot_names(scan->sysroot, "/sys/class/input", &names);

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX], name[128];
		int dev;

		if (strncmp(names[i], "input", 5))
			continue;
		dev = uses_device_of(scan, "/sys/class/input/%s", names[i]);
		snprintf(path, sizeof(path), "/sys/class/input/%s/name", names[i]);
		if (dev != HOST_NONE && sysroot_text(scan->sysroot, path, name, sizeof(name)) > 0)
			uses_add(scan, USE_INPUT, dev, name, names[i], 0);
	}
}

int scan_uses(struct uses *uses, struct host *host, const struct sysroot *sysroot)
{
	struct uses_scan scan = { uses, host, sysroot };

	*uses = (struct uses){ 0 };
	uses_scan_disks(&scan);
	uses_scan_network(&scan);
	uses_scan_screens(&scan);
	uses_scan_input(&scan);
	uses_scan_desktop(&scan);
	uses_scan_processes(&scan, false);
	return scan.host->memory.failed ? -ENOMEM : 0;
}

int scan_processes(struct uses *uses, struct host *host, const struct sysroot *sysroot)
{
	struct uses_scan scan = { uses, host, sysroot };

	*uses = (struct uses){ 0 };
	uses_scan_processes(&scan, false);
	return scan.host->memory.failed ? -ENOMEM : 0;
}

int scan_guests(struct uses *uses, struct host *host, const struct sysroot *sysroot)
{
	struct uses_scan scan = { uses, host, sysroot };

	*uses = (struct uses){ 0 };
	uses_scan_processes(&scan, true);
	return scan.host->memory.failed ? -ENOMEM : 0;
}
