/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of scan_platform(). Memory that runs out is kept in setup_scan.failed. */
#ifndef HOST_SCAN_PLATFORM_INTERNAL_H
#define HOST_SCAN_PLATFORM_INTERNAL_H

#include "host/scan/platform.h"

struct platform_scan {
	struct platform *platform;
	struct host *host;
	const struct sysroot *sysroot;
	bool failed;
};

/* Room for one more behind @count entries of @size bytes, in the host's memory; NULL. */
void *platform_room(struct platform_scan *scan, void *list, unsigned count, size_t size);
const char *platform_text(struct platform_scan *scan, const char *text);
/* The text of a small file, kept; NULL where there is none. */
const char *platform_read(struct platform_scan *scan, const char *fmt, ...) PRINTF(2, 3);
/* A number in any base, SETUP_UNKNOWN where there is none. */
u64 platform_number(struct platform_scan *scan, unsigned base, const char *fmt, ...) PRINTF(3, 4);
/* "Y", "1", "N", "0". */
enum platform_switch platform_flag(struct platform_scan *scan, const char *fmt, ...) PRINTF(2, 3);

void platform_scan_acpi(struct platform_scan *scan);
void platform_scan_iommus(struct platform_scan *scan);
void platform_scan_kernel(struct platform_scan *scan);
void platform_scan_memory(struct platform_scan *scan);

#endif
