/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two pieces of the sysfs reader: the host (sysfs.c) and one device (sysfs_device.c). */
#ifndef HOST_SCAN_SYSFS_H
#define HOST_SCAN_SYSFS_H

#include "host/topo/host.h"
#include "kernel/tree.h"
#include "pci/caps.h"

#define SYSFS_DEVICES "/sys/bus/pci/devices"

/* The folder that holds a device's folder, and what it says; kept for the next device. */
struct sysfs_place {
	int fd; /* -1: none */
	char folder[512];
	struct pci_addr last; /* the device that was read last */
	bool known;           /* the rest is valid */
	bool root_bus;
	struct pci_addr above; /* valid without root_bus */
	bool has_vmd;          /* a device above the root bus, which is so with VMD */
	struct pci_addr vmd;
};

/* The NUMA node of the bus that was read last. */
struct sysfs_numa {
	bool valid;
	u32 domain;
	u8 bus;
	int node;
};

/* What reads some of the devices; one for each thread. */
struct sysfs_scan {
	struct host *host; /* strings and config spaces are kept in it */
	const struct tree *tree;
	u32 skip; /* HOST_* facts that nobody will look at */
	struct sysfs_place place;
	struct sysfs_numa numa;
	u8 buf[PCI_CONFIG_SIZE];
};

/* Fills in a device. @devices: the folder of all. What cannot be read stays unknown. */
void sysfs_read_device(
	struct sysfs_scan *scan, int devices, const char *name, struct host_dev *dev);

#endif
