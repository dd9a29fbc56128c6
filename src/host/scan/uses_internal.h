/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of scan_uses(). The host's arena records that memory ran out. */
#ifndef HOST_SCAN_USES_INTERNAL_H
#define HOST_SCAN_USES_INTERNAL_H

#include <limits.h>

#include "host/scan/uses.h"

struct uses_scan {
	struct uses *uses;
	struct host *host;
	const struct sysroot *sysroot;
};

/*
 * The last PCI device in a sysfs path; HOST_NONE if there is none. Paths are targets of links:
 * ../../devices/pci0000:00/0000:00:1f.2/ata1/...
 */
int uses_device_in(const struct host *host, const char *path);

/* The device that a link such as /sys/class/net/eth0 leads to; HOST_NONE if there is none. */
int uses_device_of(const struct uses_scan *scan, const char *fmt, ...) PRINTF(2, 3);

/* Adds a use unless it is known already; texts are copied. */
void uses_add(struct uses_scan *scan, enum use_kind kind, unsigned dev, const char *what,
	const char *via, int pid);

/*
 * Adds the use for each PCI device below a block device, through partitions, device mapper, RAID
 * and multipath. @name: as in /sys/class/block. Returns how many PCI devices there are.
 */
unsigned uses_add_block(
	struct uses_scan *scan, enum use_kind kind, const char *name, const char *what, int pid);

void uses_scan_disks(struct uses_scan *scan);
void uses_scan_network(struct uses_scan *scan);
void uses_scan_screens(struct uses_scan *scan);
void uses_scan_input(struct uses_scan *scan);
void uses_scan_desktop(struct uses_scan *scan);
/* Fills use->unit of all processes that were found. */
void uses_scan_units(struct uses_scan *scan);
void uses_scan_processes(struct uses_scan *scan, bool guests_only);

#endif
