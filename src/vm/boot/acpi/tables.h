/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The individual tables of acpi_build(), for the files of this directory. Each function appends a
 * table to a blob and leaves checksums and pointers to the caller.
 */
#ifndef VM_BOOT_ACPI_TABLES_H
#define VM_BOOT_ACPI_TABLES_H

#include "vm/boot/acpi/acpi.h"

#define ACPI_HEADER_SIZE    36
#define ACPI_HEADER_LENGTH  4 /* offset of the u32 length */
#define ACPI_HEADER_SUM     9
#define ACPI_HEADER_OEM_ID  10
#define ACPI_HEADER_CREATOR 28

/* Offsets of pointers in the FADT. */
#define FADT_FACS   36
#define FADT_DSDT   40
#define FADT_X_DSDT 140

/* Offset of the pointer in the TPM2 table. */
#define TPM2_LOG 68

/*
 * A table starts with table_begin() and ends with table_end(), which fills in the length.
 * table_begin() returns the table's offset.
 */
size_t table_begin(
	struct blob *out, const struct acpi_config *config, const char *signature, u8 revision);
void table_end(struct blob *out, size_t start);

/* Appends a table that iasl compiled, with the machine's OEM ids. */
void table_compiled(
	struct blob *out, const struct acpi_config *config, const u8 *code, size_t size);
void table_dsdt(struct blob *out, const struct acpi_config *config);

/* The FADT's pointers (FADT_*) are 0 until the caller sets them. */
void table_facs(struct blob *out, const struct acpi_config *config);
void table_fadt(struct blob *out, const struct acpi_config *config);
void table_madt(struct blob *out, const struct acpi_config *config);
void table_mcfg(struct blob *out, const struct acpi_config *config);
void table_waet(struct blob *out, const struct acpi_config *config);
/* Its pointer (TPM2_LOG) is 0 until the caller sets it. */
void table_tpm2(struct blob *out, const struct acpi_config *config);

/* SSDTs: the processors; the host bridge's windows and interrupt routing. */
void table_cpus(struct blob *out, const struct acpi_config *config);
void table_host(struct blob *out, const struct acpi_config *config);

#endif
