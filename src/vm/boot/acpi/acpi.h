/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of a machine (ACPI 6.4): RSDP, RSDT, XSDT, FADT, FACS, MADT, MCFG, WAET, TPM2,
 * DSDT and SSDTs.
 *
 * acpi_build() turns plain data into blobs and a table-loader script. Firmware gets these through
 * fw_cfg as they are; without firmware acpi_link() executes the script. The blobs keep their sizes
 * as long as the number of processors, nr_reserved and the fragments do not change, so they can be
 * built anew after the guest has moved ECAM or windows. The caller owns everything. One thread.
 */
#ifndef VM_BOOT_ACPI_ACPI_H
#define VM_BOOT_ACPI_ACPI_H

#include "base/err.h"
#include "base/range.h"
#include "vm/boot/blob.h"
#include "vm/mem/mem.h"

/* The names of the blobs, in the script and in fw_cfg. */
#define ACPI_FILE_RSDP   "etc/acpi/rsdp"
#define ACPI_FILE_TABLES "etc/acpi/tables"
#define ACPI_FILE_SCRIPT "etc/table-loader"

/* Where firmware writes what it has measured into the TPM; zeros at first. */
#define ACPI_FILE_TPM_LOG "etc/tpm/log"
#define ACPI_TPM_LOG_SIZE 0x10000

/* The chipset's addresses and interrupts in the tables. */
#define ACPI_PM_BASE     0x600
#define ACPI_SCI         9
#define ACPI_RESET_PORT  0xcf9
#define ACPI_RESET_VALUE 0x0f
#define ACPI_SMI_PORT    0xb2
#define ACPI_SMI_ENABLE  2
#define ACPI_SMI_DISABLE 3
#define ACPI_IOAPIC      0xfec00000
#define ACPI_LAPIC       0xfee00000

/* The 32-bit waking vector in the FACS (ACPI 6.5, table 5.14). */
#define FACS_WAKING_VECTOR 12

#define ACPI_MAX_CPUS 4096

/* The maximum number of devices' tables, in addition to the board's. */
#define ACPI_MAX_FRAGMENTS 24

/* A complete SSDT as iasl compiles it. Its OEM ids and checksum are replaced. */
struct acpi_fragment {
	const u8 *aml;
	size_t size; /* 0: none */
};

struct acpi_config {
	char oem_id[7]; /* padded with spaces */
	char oem_table_id[9];
	const u32 *apic_ids; /* of processor 0, 1, ... */
	unsigned nr_cpus;    /* 1 to ACPI_MAX_CPUS */
	u64 ecam_base;       /* the address of bus 0; each bus takes 1 MiB */
	u8 last_bus;
	struct range mmio32[2];       /* windows for BARs, below 4 GiB; size 0: none */
	struct range mmio64;          /* size 0: none */
	const struct range *reserved; /* addresses within the windows that are not free */
	unsigned nr_reserved;
	/* PIRQ (0 for A to 7 for H) of each device number and pin of the root bus. */
	u8 pirq[32][4];
	bool has_i8042; /* sets the flag in the FADT; the i8042's own table is a fragment */
	bool smm;       /* an operating system turns ACPI mode on through port ACPI_SMI_PORT */
	bool has_tpm;   /* adds the table TPM2, and a log */
	bool s3, s4;    /* the states of sleep that there are, with the types of vm/dev/pm.h */
	struct acpi_fragment fragments[ACPI_MAX_FRAGMENTS];
	unsigned nr_fragments;
};

struct acpi_tables {
	struct blob rsdp;
	struct blob tables;
	struct blob script;
	struct blob tpm_log; /* empty without a TPM */
	u32 facs;            /* the offset of the FACS in @tables */
};

/* On failure there is nothing to free. Returns -EINVAL for an impossible configuration. */
int acpi_build(struct acpi_tables *tables, const struct acpi_config *config, struct err *err);
void acpi_free(struct acpi_tables *tables);

/*
 * Executes the script as firmware would: copies the blobs into guest RAM, the root pointer
 * within @fseg (in E0000h to FFFFFh, 16-byte steps) and the tables within @high (below 4 GiB),
 * and sets pointers and checksums there. *@rsdp: where the root pointer is. Can be repeated.
 */
int acpi_link(const struct acpi_tables *tables, struct mem *mem, struct range fseg,
	struct range high, u64 *rsdp, struct err *err);

#endif
