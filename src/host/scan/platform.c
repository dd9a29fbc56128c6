// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/platform.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/scan/platform_internal.h"

#define DEVICES "/sys/bus/pci/devices"

static bool read_path(
	struct platform_scan *scan, const char *fmt, va_list args, char *text, size_t size)
{
	char path[PATH_MAX];
	int n = vsnprintf(path, sizeof(path), fmt, args);

	return n > 0 && n < (int)sizeof(path) && sysroot_text(scan->sysroot, path, text, size) > 0;
}

const char *platform_read(struct platform_scan *scan, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	bool found;

	va_start(args, fmt);
	found = read_path(scan, fmt, args, text, sizeof(text));
	va_end(args);
	return found ? host_text(scan->host, text) : NULL;
}

u64 platform_number(struct platform_scan *scan, unsigned base, const char *fmt, ...)
{
	unsigned long long value;
	char text[64], *end;
	va_list args;
	bool found;

	va_start(args, fmt);
	found = read_path(scan, fmt, args, text, sizeof(text));
	va_end(args);
	if (!found)
		return PLATFORM_UNKNOWN;
	errno = 0;
	value = strtoull(text, &end, base);
	return errno || end == text ? PLATFORM_UNKNOWN : value;
}

enum platform_switch platform_flag(struct platform_scan *scan, const char *fmt, ...)
{
	char text[16];
	va_list args;
	bool found;

	va_start(args, fmt);
	found = read_path(scan, fmt, args, text, sizeof(text));
	va_end(args);
	if (!found)
		return PLATFORM_NOT_KNOWN;
	return *text == 'Y' || *text == 'y' || *text == '1' ? PLATFORM_ON : PLATFORM_OFF;
}

static void scan_device(struct platform_scan *scan, unsigned index)
{
	struct platform_dev *to = &scan->platform->devs[index];
	char addr[PCI_ADDR_SIZE];

	pci_addr_text(scan->host->devs[index].addr, addr);
	to->d3cold_allowed = platform_flag(scan, DEVICES "/%s/d3cold_allowed", addr);
	to->power_control = platform_read(scan, DEVICES "/%s/power/control", addr);
	for (unsigned i = 0; i < PCI_BARS; i++) {
		u64 sizes = platform_number(scan, 16, DEVICES "/%s/resource%u_resize", addr, i);

		to->resize[i] = sizes == PLATFORM_UNKNOWN ? 0 : sizes;
	}
}

int scan_platform(struct platform *platform, struct host *host, const struct sysroot *sysroot)
{
	struct platform_scan scan = { platform, host, sysroot };
	size_t size = (host->count + 1) * sizeof(*platform->devs);

	*platform = (struct platform){ .devs = host_alloc(host, size) };
	if (!platform->devs)
		return -ENOMEM;
	memset(platform->devs, 0, size);
	for (unsigned i = 0; i < host->count; i++)
		if (host_is_gpu(&host->devs[i]))
			scan_device(&scan, i);
	platform_scan_acpi(&scan);
	platform_scan_iommus(&scan);
	platform_scan_kernel(&scan);
	platform_scan_memory(&scan);
	return scan.host->memory.failed ? -ENOMEM : 0;
}
