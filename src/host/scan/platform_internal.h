/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of scan_platform(). The host's arena records that memory ran out. */
#ifndef HOST_SCAN_PLATFORM_INTERNAL_H
#define HOST_SCAN_PLATFORM_INTERNAL_H

#include "host/scan/platform.h"

struct platform_scan {
	struct platform *platform;
	struct host *host;
	const struct sysroot *sysroot;
};

/* Reads a small text file into the host's memory; NULL if there is none. */
const char *platform_read(struct platform_scan *scan, const char *fmt, ...) PRINTF(2, 3);
/* Reads a number in the given base; PLATFORM_UNKNOWN if there is none. */
u64 platform_number(struct platform_scan *scan, unsigned base, const char *fmt, ...) PRINTF(3, 4);
/* Reads a module parameter: "Y", "1", "N" or "0". */
enum platform_switch platform_flag(struct platform_scan *scan, const char *fmt, ...) PRINTF(2, 3);

void platform_scan_acpi(struct platform_scan *scan);
void platform_scan_iommus(struct platform_scan *scan);
void platform_scan_kernel(struct platform_scan *scan);
void platform_scan_memory(struct platform_scan *scan);

#endif
