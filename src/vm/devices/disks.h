/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's disks and drives, for who looks at them or opens a tray. On the loop's thread. */
#ifndef VM_DEVICES_DISKS_H
#define VM_DEVICES_DISKS_H

#include "vm/devices/kinds.h"

struct disk_look {
	const struct disk_config *config;
	bool removable;
	bool tray_open, locked;            /* of a removable one */
	const struct block_counts *counts; /* NULL: a program of its own serves it */
};

/* Looks at the @n-th disk. Returns false behind the last. */
bool disks_look(const struct device_set *set, unsigned n, struct disk_look *look);

/*
 * Opens or closes the tray of drive @n. Returns 0, -ENODEV if it has none, -EBUSY if the guest has
 * locked it and was asked to open it (@force: it is opened all the same), -EAGAIN if the drive is
 * busy.
 */
int disks_tray(const struct device_set *set, unsigned n, bool open, bool force);

#endif
