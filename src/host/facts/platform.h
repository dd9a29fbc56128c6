/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the platform provides for device assignment, beyond its devices: IOMMUs and interrupt
 * remapping, memory that the firmware reserved, the kernel's parameters, processes.
 *
 * Filled by scan_platform(); texts and lists belong to the host that it describes and live as long
 * as it does. Read-only once filled; any thread. What the source does not tell is NULL for a text
 * and PLATFORM_UNKNOWN for a number.
 */
#ifndef HOST_FACTS_PLATFORM_H
#define HOST_FACTS_PLATFORM_H

#include "host/facts/host.h"

#define PLATFORM_UNKNOWN (~0ull)

/* An IOMMU in /sys/class/iommu. */
struct platform_iommu {
	const char *name; /* "dmar0", "ivhd0", "smmu3.0x..." */
	bool intel;       /* with cap and ecap known: VT-d specification, 11.4.2 and 11.4.3 */
	u64 cap, ecap;
};

enum platform_table {
	PLATFORM_TABLE_UNKNOWN, /* the source has no ACPI tables at all */
	PLATFORM_TABLE_ABSENT,
	PLATFORM_TABLE_PRESENT, /* it exists, but this user may not read it */
	PLATFORM_TABLE_BROKEN,
	PLATFORM_TABLE_READ,
};

/*
 * A memory range that the firmware reserves for a device's DMA: an RMRR of DMAR, an IVMD of IVRS.
 */
struct platform_reserved {
	unsigned dev; /* index into host->devs; a bridge stands for all below it */
	u64 base, limit;
	bool intel;
};

/* A line of a group's reserved_regions. */
struct platform_region {
	int group;
	u64 start, end;
	const char *type; /* "direct", "direct-relaxable", "reserved", "msi" */
};

enum platform_switch { PLATFORM_NOT_KNOWN, PLATFORM_OFF, PLATFORM_ON };

/* The parameters of the VFIO modules, if they are loaded. */
struct platform_modules {
	bool known; /* the source has /sys/module */
	bool vfio_pci, vendor_reset;
	enum platform_switch unsafe_interrupts, iommufd_unsafe_interrupts, noiommu;
	enum platform_switch disable_idle_d3, disable_vga;
	u64 dma_entry_limit;
};

struct platform_hugepages {
	u64 size;
	u64 total, free;
};

/* A line in a file of /etc/modprobe.d that concerns VFIO. */
struct platform_modprobe {
	const char *file, *line;
};

struct platform_daemon {
	const char *name;
	int pid;
};

/* What a device's directory in sysfs says beyond struct host_dev. */
struct platform_dev {
	enum platform_switch d3cold_allowed;
	const char *power_control;
	u64 resize[PCI_BARS]; /* bit n: 2^n MiB; 0: not resizable or not known */
};

struct platform {
	struct platform_iommu *iommus;
	unsigned nr_iommus;
	enum platform_table dmar, ivrs;
	unsigned dmar_bits; /* the DMAR table's host address width; 0: not known */
	u8 dmar_flags;      /* enum dmar_flag */
	struct platform_reserved *reserved;
	unsigned nr_reserved;
	struct platform_region *regions;
	unsigned nr_regions;
	bool regions_known;

	bool interrupts_known;
	const char *remapped;        /* a line of /proc/interrupts whose chip remaps; NULL: none */
	const char *dmesg_remapping; /* what the kernel logged about it at boot; NULL */

	bool cpu_known;
	bool x86, intel, amd;
	bool virtualisation;    /* vmx or svm among the flags */
	unsigned physical_bits; /* 0 */
	u64 memory;             /* bytes */
	bool kvm;               /* /dev/kvm is there */
	bool kvm_works;         /* and the KVM module is loaded */
	bool devices_known;     /* the source has /dev */

	struct platform_modules modules;
	struct platform_hugepages *hugepages;
	unsigned nr_hugepages;
	bool hugepages_known;
	u64 locked_memory; /* bytes that this process may lock; ~0 - 1: all */
	struct platform_modprobe *modprobe;
	unsigned nr_modprobe;
	struct platform_daemon *daemons;
	unsigned nr_daemons;
	/* The VGA arbiter's line about a card that is locked, else about the default one. */
	const char *vga_arbiter;
	struct platform_dev *devs; /* by device index */
};

#define PLATFORM_LOCK_ALL (~0ull - 1)

/*
 * Finds the last option @key on a kernel's command line, and copies its value to @value, of @size
 * bytes; "" for an option without "=". Returns whether the option is there.
 */
bool platform_option(const char *cmdline, const char *key, char *value, size_t size);

/* Whether any option @key has @word in its comma-separated list. */
bool platform_option_has(const char *cmdline, const char *key, const char *word);

#endif
