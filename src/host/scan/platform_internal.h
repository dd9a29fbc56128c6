/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of scan_setup(). Memory that runs out is kept in setup_scan.failed. */
#ifndef HOST_SCAN_PLATFORM_INTERNAL_H
#define HOST_SCAN_PLATFORM_INTERNAL_H

#include "host/scan/platform.h"

struct setup_scan {
	struct setup *setup;
	struct host *host;
	const struct sysroot *sysroot;
	bool failed;
};

/* Room for one more behind @count entries of @size bytes, in the host's memory; NULL. */
void *setup_room(struct setup_scan *scan, void *list, unsigned count, size_t size);
const char *setup_text(struct setup_scan *scan, const char *text);
/* The text of a small file, kept; NULL where there is none. */
const char *setup_read(struct setup_scan *scan, const char *fmt, ...) PRINTF(2, 3);
/* A number in any base, SETUP_UNKNOWN where there is none. */
u64 setup_number(struct setup_scan *scan, unsigned base, const char *fmt, ...) PRINTF(3, 4);
/* "Y", "1", "N", "0". */
enum setup_switch setup_flag(struct setup_scan *scan, const char *fmt, ...) PRINTF(2, 3);

void setup_scan_acpi(struct setup_scan *scan);
void setup_scan_iommus(struct setup_scan *scan);
void setup_scan_kernel(struct setup_scan *scan);
void setup_scan_memory(struct setup_scan *scan);

#endif
