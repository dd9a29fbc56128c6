// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the devices of the interfaces that the default routes use. */
#include <linux/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "host/scan/uses_internal.h"

#define MAX_DEPTH 8
#define MAX_PORTS 64
#define MAX_TEXT  (4 * MIB)

/* Follows the lower_NAME links of bridges, bonds and VLANs to hardware interfaces. */
static void add_interface(
	struct uses_scan *scan, const char *route, const char *name, unsigned depth)
{
	own_free char **entries = NULL;
	char path[PATH_MAX];
	int dev, n;

	if (depth > MAX_DEPTH || strchr(name, '/'))
		return;
	dev = uses_device_of(scan, "/sys/class/net/%s", name);
	if (dev != HOST_NONE) {
		uses_add(scan, USE_ROUTE, dev, route, name, 0);
		return;
	}
	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	n = sysroot_names(scan->sysroot, path, &entries);
	for (int i = 0; i < n && i < MAX_PORTS; i++)
		if (!strncmp(entries[i], "lower_", 6))
			add_interface(scan, route, entries[i] + 6, depth + 1);
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
static void scan_route4(struct uses_scan *scan, const char *line)
{
	unsigned destination, gateway, flags, mask;
	char name[32];

	if (sscanf(line, "%31s %x %x %x %*s %*s %*s %x", name, &destination, &gateway, &flags,
		    &mask) == 5 &&
		!destination && !mask && flags & RTF_UP)
		add_interface(scan, name, name, 0);
}

/* destination length source length next-hop metric references use flags interface */
static void scan_route6(struct uses_scan *scan, const char *line)
{
	char destination[33], name[32];
	unsigned length, flags;

	if (sscanf(line, "%32s %x %*s %*s %*s %*s %*s %*s %x %31s", destination, &length, &flags,
		    name) == 4 &&
		!length && strspn(destination, "0") == 32 && flags & RTF_UP &&
		!(flags & RTF_REJECT))
		add_interface(scan, name, name, 0);
}

static void each_line(struct uses_scan *scan, const char *path,
	void (*take)(struct uses_scan *scan, const char *line))
{
	own_free char *text = NULL;
	char *rest, *line;
	size_t size;

	if (sysroot_whole(scan->sysroot, path, MAX_TEXT, &text, &size))
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		take(scan, line);
}

void uses_scan_network(struct uses_scan *scan)
{
	each_line(scan, "/proc/net/route", scan_route4);
	each_line(scan, "/proc/net/ipv6_route", scan_route6);
}
