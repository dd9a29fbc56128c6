// SPDX-License-Identifier: GPL-2.0-or-later
/* ACPI 6.4 section 5.2; MCFG: PCI Firmware Specification 3.3, section 4.1.2. */
#include "vm/boot/acpi/tables.h"

#include <string.h>

#include "vm/boot/acpi/dsdt.hex"

#define FACS_SIZE    64
#define FACS_VERSION 2

/*
 * WAET: the RTC's register C need not be read after an interrupt, and one read of the PM timer is
 * enough.
 */
#define WAET_RTC_GOOD   BIT(0)
#define WAET_TIMER_GOOD BIT(1)

size_t table_begin(
	struct blob *out, const struct acpi_config *config, const char *signature, u8 revision)
{
	size_t start = out->size;

	blob_add(out, signature, 4);
	blob_le(out, 4, 0); /* length */
	blob_le(out, 1, revision);
	blob_le(out, 1, 0); /* checksum */
	blob_add(out, config->oem_id, 6);
	blob_add(out, config->oem_table_id, 8);
	blob_le(out, 4, 1);
	/* The creator of all tables is the ASL compiler. */
	blob_add(out, dsdt_aml_code + ACPI_HEADER_CREATOR, 8);
	return start;
}

void table_end(struct blob *out, size_t start)
{
	blob_put_le(out, start + ACPI_HEADER_LENGTH, 4, out->size - start);
}

/* The compiler's header is kept, except the OEM ids and the checksum. */
void table_compiled(struct blob *out, const struct acpi_config *config, const u8 *code, size_t size)
{
	size_t start = out->size;

	blob_add(out, code, size);
	blob_put_le(out, start + ACPI_HEADER_SUM, 1, 0);
	for (unsigned i = 0; i < 6; i++)
		blob_put_le(out, start + ACPI_HEADER_OEM_ID + i, 1, config->oem_id[i]);
	for (unsigned i = 0; i < 8; i++)
		blob_put_le(out, start + ACPI_HEADER_OEM_ID + 6 + i, 1, config->oem_table_id[i]);
}

void table_dsdt(struct blob *out, const struct acpi_config *config)
{
	table_compiled(out, config, dsdt_aml_code, sizeof(dsdt_aml_code));
}

void table_facs(struct blob *out, const struct acpi_config *config)
{
	blob_add(out, "FACS", 4);
	blob_le(out, 4, FACS_SIZE);
	blob_zero(out, 24);
	blob_le(out, 1, FACS_VERSION);
	blob_zero(out, FACS_SIZE - 33);
}

void table_mcfg(struct blob *out, const struct acpi_config *config)
{
	size_t start = table_begin(out, config, "MCFG", 1);

	blob_zero(out, 8);
	blob_le(out, 8, config->ecam_base);
	blob_le(out, 2, 0); /* segment group */
	blob_le(out, 1, 0);
	blob_le(out, 1, config->last_bus);
	blob_zero(out, 4);
	table_end(out, start);
}

void table_waet(struct blob *out, const struct acpi_config *config)
{
	size_t start = table_begin(out, config, "WAET", 1);

	blob_le(out, 4, WAET_RTC_GOOD | WAET_TIMER_GOOD);
	table_end(out, start);
}
