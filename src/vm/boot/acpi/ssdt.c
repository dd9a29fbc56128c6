// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The AML tables that differ from machine to machine. dsdt.asl says which objects it expects here.
 */
#include <stdio.h>

#include "vm/boot/acpi/aml.h"
#include "vm/boot/acpi/tables.h"

#define SSDT_REVISION 2

static const struct range vga = { 0xa0000, 0x20000 };

/* The UIDs are those of the MADT. */
void table_cpus(struct blob *out, const struct acpi_config *config)
{
	size_t start = table_begin(out, config, "SSDT", SSDT_REVISION);
	size_t scope = aml_begin_scope(out, "\\_SB");

	for (unsigned i = 0; i < config->nr_cpus; i++) {
		char name[16];
		size_t cpu;

		snprintf(name, sizeof(name), "C%03X", i);
		cpu = aml_begin_device(out, name);
		aml_name(out, "_HID");
		aml_string(out, "ACPI0007");
		aml_name(out, "_UID");
		aml_int(out, i);
		aml_end(out, cpu);
	}
	aml_end(out, scope);
	table_end(out, start);
}

/*
 * The host bridge decodes ports CF8h to CFFh itself, in the middle of the ports that it forwards.
 */
static void add_windows(struct blob *out, const struct acpi_config *config)
{
	struct blob res = { 0 };

	aml_res_buses(&res, 0, config->last_bus);
	aml_res_ports(&res, 0xcf8, 8);
	aml_res_port_window(&res, 0, 0xcf7);
	aml_res_port_window(&res, 0xd00, 0xffff);
	aml_res_memory32(&res, AML_MEMORY_WINDOW, vga);
	for (unsigned i = 0; i < ARRAY_SIZE(config->mmio32); i++)
		if (config->mmio32[i].size)
			aml_res_memory32(&res, AML_MEMORY_WINDOW, config->mmio32[i]);
	if (config->mmio64.size)
		aml_res_memory64(&res, AML_MEMORY_WINDOW, config->mmio64);
	aml_name(out, "_CRS");
	aml_resources(out, &res);
}

/* A row of _PRT: device and pin, then a link device. */
static void add_wire(struct blob *out, unsigned device, unsigned pin, const char *link)
{
	size_t row = aml_begin_package(out, 4);

	aml_int(out, device << 16 | 0xffff);
	aml_int(out, pin);
	aml_path(out, link);
	aml_int(out, 0);
	aml_end(out, row);
}

static void add_wires(
	struct blob *out, const struct acpi_config *config, const char *name, const char *prefix)
{
	size_t rows;

	aml_name(out, name);
	rows = aml_begin_package(out, 32 * 4);
	for (unsigned i = 0; i < 32 * 4; i++) {
		char link[5];

		snprintf(link, sizeof(link), "%.3s%c", prefix, 'A' + config->pirq[i / 4][i % 4]);
		add_wire(out, i / 4, i % 4, link);
	}
	aml_end(out, rows);
}

/* _PRT: the routing to the PICs or to the IOAPIC, as the operating system has chosen with _PIC. */
static void add_wiring(struct blob *out, const struct acpi_config *config)
{
	size_t method, condition;

	add_wires(out, config, "PRTP", "LNK");
	add_wires(out, config, "PRTA", "GSI");
	method = aml_begin_method(out, "_PRT");
	condition = aml_begin_if(out, "PICM");
	aml_return(out, "PRTA");
	aml_end(out, condition);
	aml_return(out, "PRTP");
	aml_end(out, method);
}

/*
 * ECAM is a resource of the board, outside of the host bridge (PCI Firmware 3.3, 4.1.2). Operating
 * systems place no BARs in the board's resources.
 */
static void add_board(struct blob *out, const struct acpi_config *config)
{
	const struct range ecam = { config->ecam_base, (config->last_bus + 1) * MIB };
	size_t device = aml_begin_device(out, "\\_SB.ECAM");
	struct blob res = { 0 };

	aml_name(out, "_HID");
	aml_int(out, 0x020cd041); /* EisaId ("PNP0C02") */
	aml_name(out, "_UID");
	aml_int(out, 0);
	aml_name(out, "_CRS");
	aml_res_memory64(&res, AML_MEMORY_OWN, ecam);
	for (unsigned i = 0; i < config->nr_reserved; i++)
		aml_res_memory64(&res, AML_MEMORY_OWN, config->reserved[i]);
	aml_resources(out, &res);
	aml_end(out, device);
}

/* The type of sleep for PM1a's control register, and the same for a PM1b that there is not. */
static void add_sleep(struct blob *out, const char *name, u8 type)
{
	size_t package;

	aml_name(out, name);
	package = aml_begin_package(out, 4);
	aml_int(out, type);
	aml_int(out, type);
	aml_int(out, 0);
	aml_int(out, 0);
	aml_end(out, package);
}

void table_host(struct blob *out, const struct acpi_config *config)
{
	size_t start = table_begin(out, config, "SSDT", SSDT_REVISION);
	size_t scope = aml_begin_scope(out, "\\_SB.PCI0");

	add_windows(out, config);
	add_wiring(out, config);
	aml_end(out, scope);
	add_board(out, config);
	if (config->s3)
		add_sleep(out, "\\_S3", 1);
	if (config->s4)
		add_sleep(out, "\\_S4", 2);
	table_end(out, start);
}
