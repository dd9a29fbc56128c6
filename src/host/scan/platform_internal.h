/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of scan_platform(). That memory ran out is remembered by the host's. */
#ifndef HOST_SCAN_PLATFORM_INTERNAL_H
#define HOST_SCAN_PLATFORM_INTERNAL_H

#include "host/scan/platform.h"

struct platform_scan {
	struct platform *platform;
	struct host *host;
	const struct sysroot *sysroot;
};

/* The text of a small file, kept; NULL where there is none. */
const char *platform_read(struct platform_scan *scan, const char *fmt, ...) PRINTF(2, 3);
/* A number in any base, PLATFORM_UNKNOWN where there is none. */
u64 platform_number(struct platform_scan *scan, unsigned base, const char *fmt, ...) PRINTF(3, 4);
/* "Y", "1", "N", "0". */
enum platform_switch platform_flag(struct platform_scan *scan, const char *fmt, ...) PRINTF(2, 3);

void platform_scan_acpi(struct platform_scan *scan);
void platform_scan_iommus(struct platform_scan *scan);
void platform_scan_kernel(struct platform_scan *scan);
void platform_scan_memory(struct platform_scan *scan);
/* After platform_scan_memory(), which reads the processor's flags. */
void platform_scan_outer(struct platform_scan *scan);

#endif
