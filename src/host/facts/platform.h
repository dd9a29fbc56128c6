/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a host is set up for giving devices away, beyond what its devices say themselves: what
 * drives DMA and interrupts, what firmware reserved, the kernel's switches, memory, processes.
 *
 * Filled by scan_setup(); texts and lists live as long as the host whose devices are meant, and
 * nothing here is owned. Read-only once filled; any thread. A text is NULL, and a number
 * SETUP_UNKNOWN, where the source does not tell.
 */
#ifndef HOST_FACTS_PLATFORM_H
#define HOST_FACTS_PLATFORM_H

#include "host/facts/host.h"

#define SETUP_UNKNOWN (~0ull)

/* An IOMMU as /sys/class/iommu has it. */
struct setup_iommu {
	const char *name; /* "dmar0", "ivhd0", "smmu3.0x..." */
	bool intel;       /* with cap and ecap known: VT-d specification, 11.4.2 and 11.4.3 */
	u64 cap, ecap;
};

enum setup_table {
	SETUP_TABLE_UNKNOWN, /* the source has no ACPI tables at all */
	SETUP_TABLE_ABSENT,
	SETUP_TABLE_PRESENT, /* it is there, and may not be read */
	SETUP_TABLE_BROKEN,
	SETUP_TABLE_READ,
};

/* Memory that firmware wants a device to reach: DMAR's RMRR, IVRS's IVMD. */
struct setup_reserved {
	unsigned dev; /* index into host->devs; a bridge stands for all below it */
	u64 base, limit;
	bool intel;
};

/* A line of a group's reserved_regions. */
struct setup_region {
	int group;
	u64 start, end;
	const char *type; /* "direct", "direct-relaxable", "reserved", "msi" */
};

enum setup_switch { SETUP_NOT_KNOWN, SETUP_OFF, SETUP_ON };

/* The switches and numbers that the VFIO modules have, where they are loaded. */
struct setup_modules {
	bool known; /* /sys/module was there to look at */
	bool vfio_pci, vendor_reset;
	enum setup_switch unsafe_interrupts, iommufd_unsafe_interrupts, noiommu;
	enum setup_switch disable_idle_d3, disable_vga;
	u64 dma_entry_limit;
};

struct setup_hugepages {
	u64 size;
	u64 total, free;
};

/* A line in a file of /etc/modprobe.d that concerns VFIO. */
struct setup_modprobe {
	const char *file, *line;
};

struct setup_daemon {
	const char *name;
	int pid;
};

/* What a device's folder says beyond struct host_dev. */
struct setup_dev {
	enum setup_switch d3cold_allowed;
	const char *power_control;
	u64 resize[PCI_BARS]; /* bit n: 2^n MiB; 0: not resizable or not known */
};

struct setup {
	struct setup_iommu *iommus;
	unsigned iommu_count;
	enum setup_table dmar, ivrs;
	unsigned dmar_bits; /* the DMAR table's host address width; 0 */
	u8 dmar_flags;      /* enum dmar_flag */
	struct setup_reserved *reserved;
	unsigned reserved_count;
	struct setup_region *regions;
	unsigned region_count;
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
	bool devices_known;     /* /dev was there to look at */

	struct setup_modules modules;
	struct setup_hugepages *hugepages;
	unsigned hugepages_count;
	bool hugepages_known;
	u64 locked_memory; /* bytes that this process may lock; ~0 - 1: all */
	struct setup_modprobe *modprobe;
	unsigned modprobe_count;
	struct setup_daemon *daemons;
	unsigned daemon_count;
	/* What the VGA arbiter says: of a card that is held locked, else of the default one. */
	const char *vga_arbiter;
	struct setup_dev *devs; /* by device index */
};

#define SETUP_LOCK_ALL (~0ull - 1)

/*
 * The value of the option @key on a kernel's command line, its last one: @value of @size bytes
 * gets it, "" for an option without "=". Returns whether it is there.
 */
bool setup_option(const char *cmdline, const char *key, char *value, size_t size);

/* Whether any of the options named @key has @word in its list, separated by commas. */
bool setup_option_has(const char *cmdline, const char *key, const char *word);

#endif
