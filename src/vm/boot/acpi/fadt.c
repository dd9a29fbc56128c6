// SPDX-License-Identifier: GPL-2.0-or-later
/* The Fixed ACPI Description Table, ACPI 6.4 section 5.2.9. */
#include "vm/boot/acpi/tables.h"

#define FADT_REVISION 4
#define FADT_SIZE     244

/* Bits of the IA-PC boot architecture flags, section 5.2.9.3. */
#define BOOT_LEGACY_DEVICES BIT(0)
#define BOOT_8042           BIT(1)
#define BOOT_NO_ASPM        BIT(4)

/* Bits of the fixed feature flags. If PWR_BUTTON is clear, there is a fixed power button. */
#define FLAG_WBINVD       BIT(0)
#define FLAG_PROC_C1      BIT(2)
#define FLAG_SLP_BUTTON   BIT(5) /* there is no fixed button for sleep */
#define FLAG_RTC_S4       BIT(7)
#define FLAG_RESET_REG    BIT(10)
#define FLAG_APIC_CLUSTER BIT(18)

/* The maximum number of processors with flat logical APIC ids. */
#define MAX_FLAT_CPUS 8

/* A latency in microseconds: more than 100 means that there is no C2, more than 1000 no C3. */
#define NO_C_STATE 0xfff

#define GAS_IO 1
enum access { ACCESS_BYTE = 1, ACCESS_WORD = 2, ACCESS_DWORD = 3 };

/* A register block. @port_at and @size_at are the offsets of its port and of its size in bytes. */
static const struct block {
	u8 port_at, size_at, gas_at;
	u8 port, size;
	u8 access;
} blocks[] = {
	{ 56, 88, 148, 0x00, 4, ACCESS_WORD },  /* PM1a event */
	{ 64, 89, 172, 0x04, 2, ACCESS_WORD },  /* PM1a control */
	{ 76, 91, 208, 0x08, 4, ACCESS_DWORD }, /* PM timer */
	{ 80, 92, 220, 0x20, 16, ACCESS_BYTE }, /* GPE0 */
};

struct number {
	u8 offset, size;
	u32 value;
};

static void put_gas(struct blob *out, size_t at, u8 bits, enum access access, u16 port)
{
	blob_put_le(out, at, 1, GAS_IO);
	blob_put_le(out, at + 1, 1, bits);
	blob_put_le(out, at + 3, 1, access);
	blob_put_le(out, at + 4, 8, port);
}

void table_fadt(struct blob *out, const struct acpi_config *config)
{
	const struct number numbers[] = {
		{ 45, 1, 1 }, /* preferred profile: desktop */
		{ 46, 2, ACPI_SCI },
		/* Without SMM the machine is always in ACPI mode, and these are 0. */
		{ 48, 4, config->smm ? ACPI_SMI_PORT : 0 },
		{ 52, 1, config->smm ? ACPI_SMI_ENABLE : 0 },
		{ 53, 1, config->smm ? ACPI_SMI_DISABLE : 0 },
		{ 96, 2, NO_C_STATE },
		{ 98, 2, NO_C_STATE },
		{ 108, 1, 0x32 }, /* the century's index in CMOS */
		/*
		 * No ASPM, because the link that the guest sees is not the one that the device is
		 * on.
		 */
		{ 109, 2,
			BOOT_LEGACY_DEVICES | BOOT_NO_ASPM | (config->has_i8042 ? BOOT_8042 : 0) },
		{ 112, 4,
			FLAG_WBINVD | FLAG_PROC_C1 | FLAG_RTC_S4 | FLAG_RESET_REG |
				(config->s3 ? 0 : FLAG_SLP_BUTTON) |
				(config->nr_cpus > MAX_FLAT_CPUS ? FLAG_APIC_CLUSTER : 0) },
		{ 128, 1, ACPI_RESET_VALUE },
	};
	size_t start = table_begin(out, config, "FACP", FADT_REVISION);

	blob_zero(out, FADT_SIZE - ACPI_HEADER_SIZE);
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		blob_put_le(out, start + numbers[i].offset, numbers[i].size, numbers[i].value);
	for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
		const struct block *b = &blocks[i];

		blob_put_le(out, start + b->port_at, 4, ACPI_PM_BASE + b->port);
		blob_put_le(out, start + b->size_at, 1, b->size);
		put_gas(out, start + b->gas_at, 8 * b->size, b->access, ACPI_PM_BASE + b->port);
	}
	put_gas(out, start + 116, 8, ACCESS_BYTE, ACPI_RESET_PORT);
	table_end(out, start);
}
