// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/acpi/acpi.h"

#include <errno.h>
#include <string.h>

#include "vm/boot/acpi/aml.h"
#include "vm/boot/acpi/linker.h"
#include "vm/boot/acpi/tables.h"

#define TABLES_ALIGN  64 /* the FACS needs it */
#define RSDP_ALIGN    16
#define TPM_LOG_ALIGN 8
#define MAX_TABLES    (9 + ACPI_MAX_FRAGMENTS)

#define RSDP_SIZE    36
#define RSDP_SUM     8
#define RSDP_V1_SIZE 20
#define RSDP_RSDT    16
#define RSDP_XSDT    24
#define RSDP_XSUM    32

/*
 * Only the size of the host bridge's SSDT depends on addresses. It gets its maximum size, so that
 * everything after it keeps its offset.
 */
#define HOST_ROOM 0x1400

struct build {
	const struct acpi_config *config;
	struct acpi_tables *t;
	u32 offsets[MAX_TABLES]; /* of the tables that the root tables point to */
	unsigned nr;
};

static void add_sum(struct build *b, u32 offset, u32 size)
{
	linker_add_checksum(
		&b->t->script, ACPI_FILE_TABLES, offset + ACPI_HEADER_SUM, offset, size);
}

static void add_pointer(struct build *b, u32 at, u8 size, u32 target)
{
	blob_put_le(&b->t->tables, at, size, target);
	linker_add_pointer(&b->t->script, ACPI_FILE_TABLES, at, size, ACPI_FILE_TABLES);
}

/* Returns the table's offset. */
static u32 add_table(
	struct build *b, void (*write)(struct blob *out, const struct acpi_config *config))
{
	struct blob *tables = &b->t->tables;
	u32 start;

	blob_align(tables, 8);
	start = tables->size;
	write(tables, b->config);
	return start;
}

static void add_listed(
	struct build *b, void (*write)(struct blob *out, const struct acpi_config *config))
{
	u32 start = add_table(b, write);

	add_sum(b, start, b->t->tables.size - start);
	b->offsets[b->nr++] = start;
}

static void add_fragments(struct build *b)
{
	struct blob *tables = &b->t->tables;

	for (unsigned i = 0; i < b->config->nr_fragments; i++) {
		const struct acpi_fragment *fragment = &b->config->fragments[i];
		u32 start;

		if (!fragment->size)
			continue;
		blob_align(tables, 8);
		start = tables->size;
		table_compiled(tables, b->config, fragment->aml, fragment->size);
		add_sum(b, start, tables->size - start);
		b->offsets[b->nr++] = start;
	}
}

static void add_fadt(struct build *b)
{
	u32 facs = b->t->facs = add_table(b, table_facs);
	u32 dsdt = add_table(b, table_dsdt);
	u32 fadt;

	add_sum(b, dsdt, b->t->tables.size - dsdt);
	fadt = add_table(b, table_fadt);
	add_pointer(b, fadt + FADT_FACS, 4, facs);
	add_pointer(b, fadt + FADT_DSDT, 4, dsdt);
	add_pointer(b, fadt + FADT_X_DSDT, 8, dsdt);
	add_sum(b, fadt, b->t->tables.size - fadt);
	b->offsets[b->nr++] = fadt;
}

/* RSDT and XSDT, which differ in the width of their pointers. */
static u32 add_root(struct build *b, const char *signature, u8 width)
{
	struct blob *tables = &b->t->tables;
	u32 start;

	blob_align(tables, 8);
	start = table_begin(tables, b->config, signature, 1);
	blob_zero(tables, b->nr * width);
	table_end(tables, start);
	for (unsigned i = 0; i < b->nr; i++)
		add_pointer(b, start + ACPI_HEADER_SIZE + i * width, width, b->offsets[i]);
	add_sum(b, start, tables->size - start);
	return start;
}

static void add_rsdp(struct build *b, u32 rsdt, u32 xsdt)
{
	struct blob *rsdp = &b->t->rsdp, *script = &b->t->script;

	blob_add(rsdp, "RSD PTR ", 8);
	blob_le(rsdp, 1, 0); /* checksum of the first 20 bytes */
	blob_add(rsdp, b->config->oem_id, 6);
	blob_le(rsdp, 1, 2); /* revision */
	blob_le(rsdp, 4, rsdt);
	blob_le(rsdp, 4, RSDP_SIZE);
	blob_le(rsdp, 8, xsdt);
	blob_zero(rsdp, 4); /* checksum of all, reserved */
	linker_add_pointer(script, ACPI_FILE_RSDP, RSDP_RSDT, 4, ACPI_FILE_TABLES);
	linker_add_pointer(script, ACPI_FILE_RSDP, RSDP_XSDT, 8, ACPI_FILE_TABLES);
	linker_add_checksum(script, ACPI_FILE_RSDP, RSDP_SUM, 0, RSDP_V1_SIZE);
	linker_add_checksum(script, ACPI_FILE_RSDP, RSDP_XSUM, 0, RSDP_SIZE);
}

static void add_host(struct build *b)
{
	size_t room = HOST_ROOM + b->config->nr_reserved * AML_RES_MEMORY64_SIZE;
	struct blob *tables = &b->t->tables;
	size_t start;

	blob_align(tables, 8);
	start = tables->size;
	add_listed(b, table_host);
	if (tables->size - start > room)
		tables->failed = true;
	else
		blob_zero(tables, room - (tables->size - start));
}

static void add_tpm2(struct build *b)
{
	u32 start = add_table(b, table_tpm2);

	blob_zero(&b->t->tpm_log, ACPI_TPM_LOG_SIZE);
	linker_allocate(&b->t->script, ACPI_FILE_TPM_LOG, TPM_LOG_ALIGN, LINKER_HIGH);
	linker_add_pointer(&b->t->script, ACPI_FILE_TABLES, start + TPM2_LOG, 8, ACPI_FILE_TPM_LOG);
	add_sum(b, start, b->t->tables.size - start);
	b->offsets[b->nr++] = start;
}

static void add_all(struct build *b)
{
	u32 rsdt, xsdt;

	linker_allocate(&b->t->script, ACPI_FILE_RSDP, RSDP_ALIGN, LINKER_FSEG);
	linker_allocate(&b->t->script, ACPI_FILE_TABLES, TABLES_ALIGN, LINKER_HIGH);
	add_fadt(b);
	add_listed(b, table_madt);
	add_listed(b, table_mcfg);
	add_listed(b, table_waet);
	if (b->config->has_tpm)
		add_tpm2(b);
	add_listed(b, table_cpus);
	add_fragments(b);
	add_host(b);
	rsdt = add_root(b, "RSDT", 4);
	xsdt = add_root(b, "XSDT", 8);
	add_rsdp(b, rsdt, xsdt);
}

/* Checks for values that the tables cannot express. */
static const char *find_fault(const struct acpi_config *config)
{
	const struct range below_4g = { 0, 4 * GIB };

	if (strlen(config->oem_id) != 6 || strlen(config->oem_table_id) != 8)
		return "an OEM id has the wrong length";
	if (!config->nr_cpus || config->nr_cpus > ACPI_MAX_CPUS)
		return "the number of processors is out of range";
	if (!config->ecam_base || config->ecam_base % MIB ||
		!range_valid(config->ecam_base, (config->last_bus + 1) * MIB))
		return "ECAM lies where it cannot";
	for (unsigned i = 0; i < ARRAY_SIZE(config->mmio32); i++)
		if (!range_contains(below_4g, config->mmio32[i].start, config->mmio32[i].size))
			return "a 32-bit window does not lie below 4 GiB";
	if (!range_valid(config->mmio64.start, config->mmio64.size))
		return "the 64-bit window wraps";
	for (unsigned i = 0; i < config->nr_reserved; i++)
		if (!config->reserved[i].size ||
			!range_valid(config->reserved[i].start, config->reserved[i].size))
			return "a reserved range is empty or wraps";
	for (unsigned i = 0; i < 32 * 4; i++)
		if (config->pirq[i / 4][i % 4] > 7)
			return "there is no such PIRQ";
	return NULL;
}

int acpi_build(struct acpi_tables *tables, const struct acpi_config *config, struct err *err)
{
	struct build build = { .config = config, .t = tables };
	const char *fault = find_fault(config);

	*tables = (struct acpi_tables){ 0 };
	if (fault)
		return err_set(err, EINVAL, "cannot make the ACPI tables: %s", fault);
	add_all(&build);
	if (tables->rsdp.failed || tables->tables.failed || tables->script.failed ||
		tables->tpm_log.failed) {
		acpi_free(tables);
		return err_sys(err, ENOMEM, "cannot make the ACPI tables");
	}
	return 0;
}

void acpi_free(struct acpi_tables *tables)
{
	blob_free(&tables->rsdp);
	blob_free(&tables->tables);
	blob_free(&tables->script);
	blob_free(&tables->tpm_log);
}
