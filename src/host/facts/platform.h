/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a host is set up for device assignment, beyond what its devices say themselves: IOMMUs and
 * interrupt remapping, memory that the firmware reserved, the kernel's parameters, processes.
 *
 * Filled by scan_platform(); texts and lists live as long as the host whose devices are meant, and
 * nothing here is owned. Read-only once filled; any thread. A text is NULL, and a number
 * PLATFORM_UNKNOWN, where the source does not tell.
 */
#ifndef HOST_FACTS_PLATFORM_H
#define HOST_FACTS_PLATFORM_H

#include "host/facts/host.h"

#define PLATFORM_UNKNOWN (~0ull)

/* An IOMMU as /sys/class/iommu has it. */
struct platform_iommu {
	const char *name; /* "dmar0", "ivhd0", "smmu3.0x..." */
	bool intel;       /* with cap and ecap known: VT-d specification, 11.4.2 and 11.4.3 */
	u64 cap, ecap;
};

enum platform_table {
	PLATFORM_TABLE_UNKNOWN, /* the source has no ACPI tables at all */
	PLATFORM_TABLE_ABSENT,
	PLATFORM_TABLE_PRESENT, /* it is there, and may not be read */
	PLATFORM_TABLE_BROKEN,
	PLATFORM_TABLE_READ,
};

/* A memory range that the firmware has a device use: an RMRR of DMAR, an IVMD of IVRS. */
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
	bool known; /* /sys/module was there to look at */
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

/* What runs this host, where it is itself a virtual machine. */
enum platform_outer {
	PLATFORM_OUTER_NONE, /* hardware, or not known */
	PLATFORM_OUTER_KVM,  /* with QEMU, tenon, ... */
	PLATFORM_OUTER_VMWARE,
	PLATFORM_OUTER_HYPERV,
	PLATFORM_OUTER_VIRTUALBOX,
	PLATFORM_OUTER_CLOUD,
	PLATFORM_OUTER_OTHER,
};

struct platform {
	struct platform_iommu *iommus;
	unsigned nr_iommus;
	enum platform_table dmar, ivrs;
	unsigned dmar_bits; /* the DMAR table's host address width; 0 */
	u8 dmar_flags;      /* enum dmar_flag */
	struct platform_reserved *reserved;
	unsigned nr_reserved;
	struct platform_region *regions;
	unsigned nr_regions;
	bool regions_known;

	bool interrupts_known;
	const char
		*remapped; /* a line of /proc/interrupts whose chip remaps; NULL: there is none */
	const char *dmesg_remapping; /* what the kernel said at boot; NULL */

	bool cpu_known;
	bool x86, intel, amd;
	bool virtualisation;    /* vmx or svm among the flags */
	unsigned physical_bits; /* 0 */
	u64 memory;             /* bytes */
	bool kvm;               /* /dev/kvm is there */
	bool kvm_works;         /* and the kernel's module is behind it */
	bool hypervisor_flag;   /* of the processor, which only a virtual one has */
	enum platform_outer outer;
	const char *outer_evidence; /* the maker that says so: "QEMU" */
	bool devices_known;         /* /dev was there to look at */

	struct platform_modules modules;
	struct platform_hugepages *hugepages;
	unsigned nr_hugepages;
	bool hugepages_known;
	u64 locked_memory; /* bytes that this process may lock; ~0 - 1: all */
	struct platform_modprobe *modprobe;
	unsigned nr_modprobe;
	struct platform_daemon *daemons;
	unsigned nr_daemons;
	/* What the VGA arbiter says: of a card that is held locked, else of the default one. */
	const char *vga_arbiter;
	struct platform_dev *devs; /* by device index */
};

#define PLATFORM_LOCK_ALL (~0ull - 1)

/*
 * The value of the option @key on a kernel's command line, its last one: @value of @size bytes
 * gets it, "" for an option without "=". Returns whether it is there.
 */
bool platform_option(const char *cmdline, const char *key, char *value, size_t size);

/* Whether any of the options named @key has @word in its list, separated by commas. */
bool platform_option_has(const char *cmdline, const char *key, const char *word);

#endif
