/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of scan_uses(). That memory ran out is remembered by the host's. */
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
 * The device that a path in sysfs leads through, the one nearest to its end; HOST_NONE. Paths are
 * what links say: ../../devices/pci0000:00/0000:00:1f.2/ata1/...
 */
int uses_device_in(const struct host *host, const char *path);

/* The device behind a link such as /sys/class/net/eth0; HOST_NONE. */
int uses_device_of(const struct uses_scan *scan, const char *fmt, ...) PRINTF(2, 3);

/* Adds a use once; texts are copied. */
void uses_add(struct uses_scan *scan, enum use_kind kind, unsigned dev, const char *what,
	const char *via, int pid);

/*
 * Adds the use for each device below a block device, through partitions, device mapper, RAID and
 * multipath. @name: as in /sys/class/block. Returns how many devices there are.
 */
unsigned uses_add_block(
	struct uses_scan *scan, enum use_kind kind, const char *name, const char *what, int pid);

void uses_scan_disks(struct uses_scan *scan);
void uses_scan_network(struct uses_scan *scan);
void uses_scan_screens(struct uses_scan *scan);
void uses_scan_input(struct uses_scan *scan);
void uses_scan_processes(struct uses_scan *scan, bool guests_only);

#endif
