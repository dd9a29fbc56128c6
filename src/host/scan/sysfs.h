/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the parts of the sysfs reader: the host (sysfs.c), a device (sysfs_device.c), and a
 * device's place in the PCI tree (sysfs_place.c).
 */
#ifndef HOST_SCAN_SYSFS_H
#define HOST_SCAN_SYSFS_H

#include "host/facts/host.h"
#include "kernel/sysroot.h"
#include "pci/caps.h"

#define SYSFS_DEVICES "/sys/bus/pci/devices"

/*
 * The directory that contains a device's directory, and what follows from it; kept for the next
 * device.
 */
struct sysfs_place {
	int fd; /* -1: none */
	char directory[512];
	struct pci_addr last; /* the device that was read last */
	bool known;           /* the rest is valid */
	bool root_bus;
	struct pci_addr above; /* valid without root_bus */
	bool has_vmd;          /* there is a PCI device above the root bus, as with VMD */
	struct pci_addr vmd;
};

/* The NUMA node of the bus that was read last. */
struct sysfs_numa {
	bool valid;
	u32 domain;
	u8 bus;
	int node;
};

/* The state of a thread that reads some of the devices. */
struct sysfs_scan {
	struct host *host; /* strings and config spaces are kept in it */
	const struct sysroot *sysroot;
	u32 skip; /* HOST_* facts that the caller does not need */
	struct sysfs_place place;
	struct sysfs_numa numa;
	u8 buf[PCI_CONFIG_SIZE];
};

/*
 * The files of one device. If the directory above is open, the device's own is not opened, because
 * a path of two components costs less.
 */
struct sysfs_files {
	int directory;
	int own;         /* the same descriptor if it has to be closed, else -1 */
	unsigned prefix; /* length of the prefix of @path: "0000:01:00.0/", or nothing */
	char path[PCI_ADDR_SIZE + 32];
};

/*
 * Opens access to a device's files and notes its place in the PCI tree. @devices: the directory of
 * all devices. Returns 0, and then sysfs_leave() must be called, or -ENOENT.
 */
int sysfs_enter(struct sysfs_scan *scan, int devices, const char *name, struct host_dev *dev,
	struct sysfs_files *files);
void sysfs_leave(struct sysfs_files *files);

/* Fills in a device. @devices: the directory of all devices. What cannot be read stays unknown. */
void sysfs_read_device(
	struct sysfs_scan *scan, int devices, const char *name, struct host_dev *dev);

#endif
