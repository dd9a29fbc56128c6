// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump-acpi DIRECTORY CPUS [i8042] [battery] [tpm] [s3] [s4] [no-high]: makes the ACPI tables of a
 * machine, places them as a direct boot does, and writes each that the XSDT leads to into
 * DIRECTORY, as SIGNATURE[N].dat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/devices/kinds.h"
#include "vm/mem/ram.h"

#define RAM_SIZE   (64 * MIB)
#define TABLES     (48 * MIB)
#define HEADER     36
#define MAX_TABLES 32

static int fail(const struct err *err)
{
	fprintf(stderr, "%s\n", err->text);
	return 1;
}

static int write_table(const char *directory, const u8 *table, unsigned index)
{
	char path[4096];
	FILE *f;
	size_t size = get_le32(table + 4);

	snprintf(path, sizeof(path), "%s/%.4s%u.dat", directory, (const char *)table, index);
	f = fopen(path, "w");
	if (!f || fwrite(table, 1, size, f) != size || fclose(f)) {
		perror(path);
		return 1;
	}
	return 0;
}

static int write_all(const char *directory, struct mem *mem, u64 rsdp)
{
	const u8 *root = mem_ptr(mem, rsdp, HEADER);
	const u8 *xsdt = mem_ptr(mem, get_le64(root + 24), HEADER);
	unsigned count = (get_le32(xsdt + 4) - HEADER) / 8;
	int ret = 0;

	for (unsigned i = 0; i < count && i < MAX_TABLES; i++) {
		const u8 *table = mem_ptr(mem, get_le64(xsdt + HEADER + 8 * i), HEADER);

		ret |= write_table(directory, table, i);
		if (!memcmp(table, "FACP", 4)) {
			ret |= write_table(
				directory, mem_ptr(mem, get_le64(table + 140), HEADER), 0);
			ret |= write_table(
				directory, mem_ptr(mem, get_le32(table + 36), HEADER), 0);
		}
	}
	return ret;
}

static bool option(int argc, char **argv, const char *name)
{
	for (int i = 3; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static u32 apic_ids[ACPI_MAX_CPUS];
	struct acpi_config config = { "TENON ", "TENONVM ", .apic_ids = apic_ids,
		.nr_cpus = argc > 2 ? atoi(argv[2]) : 1, .ecam_base = 0xb0000000, .last_bus = 255,
		.mmio32 = { { 0x80000000, 0x30000000 }, { 0xc0000000, 0x3ec00000 } },
		.mmio64 = { 0x38000000000, 0x8000000000 }, .has_i8042 = option(argc, argv, "i8042"),
		.has_tpm = option(argc, argv, "tpm"), .s3 = option(argc, argv, "s3"),
		.s4 = option(argc, argv, "s4") };
	struct acpi_tables tables;
	struct err err = { 0 };
	struct mem mem;
	struct ram ram;
	u64 rsdp;

	if (argc < 3)
		return 2;
	for (unsigned i = 0; i < ACPI_MAX_CPUS; i++)
		apic_ids[i] = i * 2;
	for (unsigned i = 0; i < 32 * 4; i++)
		config.pirq[i / 4][i % 4] = 4 + (i / 4 + i % 4) % 4;
	if (config.has_i8042)
		config.fragments[config.nr_fragments++] = i8042_kind.acpi(NULL);
	if (option(argc, argv, "battery"))
		config.fragments[config.nr_fragments++] = battery_kind.acpi(NULL);
	if (config.has_tpm)
		config.fragments[config.nr_fragments++] = tpm_kind.acpi(NULL);
	if (option(argc, argv, "no-high"))
		config.mmio64.size = 0;

	if (mem_open(&mem, NULL, &err) || ram_open(&ram, &mem, RAM_SIZE, &err) ||
		acpi_build(&tables, &config, &err) ||
		acpi_link(&tables, &mem, (struct range){ 0xf0000, 0x10000 },
			(struct range){ TABLES, RAM_SIZE - TABLES }, &rsdp, &err))
		return fail(&err);
	if (write_all(argv[1], &mem, rsdp))
		return 1;
	acpi_free(&tables);
	ram_close(&ram);
	mem_close(&mem);
	return 0;
}
