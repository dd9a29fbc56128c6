/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of scan_users(). Memory that runs out is kept in users_scan.failed. */
#ifndef HOST_SCAN_USES_INTERNAL_H
#define HOST_SCAN_USES_INTERNAL_H

#include <limits.h>

#include "host/scan/uses.h"

struct users_scan {
	struct users *users;
	struct host *host;
	const struct sysroot *sysroot;
	bool failed;
};

/*
 * The device that a path in sysfs leads through, the one nearest to its end; HOST_NONE. Paths are
 * what links say: ../../devices/pci0000:00/0000:00:1f.2/ata1/...
 */
int users_device_in(const struct host *host, const char *path);

/* The device behind a link such as /sys/class/net/eth0; HOST_NONE. */
int users_device_of(const struct users_scan *scan, const char *fmt, ...) PRINTF(2, 3);

/* Adds a use once; texts are copied. */
void users_add(struct users_scan *scan, enum use_kind kind, unsigned dev, const char *what,
	const char *via, int pid);
const char *users_text(struct users_scan *scan, const char *text);
/* Room for one more behind @count entries of @size bytes, in the host's memory; NULL. */
void *users_room(struct users_scan *scan, void *list, unsigned count, size_t size);

/*
 * Adds the use for each device below a block device, through partitions, device mapper, RAID and
 * multipath. @name: as in /sys/class/block. Returns how many devices there are.
 */
unsigned users_add_block(
	struct users_scan *scan, enum use_kind kind, const char *name, const char *what, int pid);

void users_scan_disks(struct users_scan *scan);
void users_scan_network(struct users_scan *scan);
void users_scan_screens(struct users_scan *scan);
void users_scan_input(struct users_scan *scan);
void users_scan_processes(struct users_scan *scan, bool guests_only);

#endif
