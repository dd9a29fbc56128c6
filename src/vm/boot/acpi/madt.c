// SPDX-License-Identifier: GPL-2.0-or-later
/* The Multiple APIC Description Table, ACPI 6.4 section 5.2.12. */
#include "vm/boot/acpi/tables.h"

enum entry {
	ENTRY_LAPIC = 0,
	ENTRY_IOAPIC = 1,
	ENTRY_OVERRIDE = 2,
	ENTRY_LAPIC_NMI = 4,
	ENTRY_X2APIC = 9,
	ENTRY_X2APIC_NMI = 10,
};

#define MADT_REVISION 3
#define FLAG_PCAT     BIT(0)
#define CPU_ENABLED   BIT(0)
#define NMI_LINT      1

/* MPS INTI flags. */
#define CONFORMS          0
#define ACTIVE_HIGH_LEVEL 0xd

static void begin(struct blob *out, enum entry type, u8 size)
{
	blob_le(out, 1, type);
	blob_le(out, 1, size);
}

/* Entries without x2APIC have ids of one byte, in which 255 means all processors. */
static bool needs_x2apic(u32 uid, u32 apic_id)
{
	return uid > 254 || apic_id > 254;
}

static void add_cpu(struct blob *out, u32 uid, u32 apic_id)
{
	if (needs_x2apic(uid, apic_id)) {
		begin(out, ENTRY_X2APIC, 16);
		blob_le(out, 2, 0);
		blob_le(out, 4, apic_id);
		blob_le(out, 4, CPU_ENABLED);
		blob_le(out, 4, uid);
		return;
	}
	begin(out, ENTRY_LAPIC, 8);
	blob_le(out, 1, uid);
	blob_le(out, 1, apic_id);
	blob_le(out, 4, CPU_ENABLED);
}

static void add_override(struct blob *out, u8 irq, u32 gsi, u16 flags)
{
	begin(out, ENTRY_OVERRIDE, 10);
	blob_le(out, 1, 0); /* ISA */
	blob_le(out, 1, irq);
	blob_le(out, 4, gsi);
	blob_le(out, 2, flags);
}

/* LINT1 of all processors. */
static void add_nmi(struct blob *out, bool x2apic)
{
	begin(out, ENTRY_LAPIC_NMI, 6);
	blob_le(out, 1, 0xff);
	blob_le(out, 2, CONFORMS);
	blob_le(out, 1, NMI_LINT);
	if (!x2apic)
		return;
	begin(out, ENTRY_X2APIC_NMI, 12);
	blob_le(out, 2, CONFORMS);
	blob_le(out, 4, 0xffffffff);
	blob_le(out, 1, NMI_LINT);
	blob_zero(out, 3);
}

void table_madt(struct blob *out, const struct acpi_config *config)
{
	/* The SCI, and the interrupts to which PIRQs may be routed. */
	static const u8 level_irqs[] = { 5, 9, 10, 11 };
	size_t start = table_begin(out, config, "APIC", MADT_REVISION);
	bool x2apic = false;

	blob_le(out, 4, ACPI_LAPIC);
	blob_le(out, 4, FLAG_PCAT);
	for (u32 i = 0; i < config->nr_cpus; i++) {
		add_cpu(out, i, config->apic_ids[i]);
		x2apic |= needs_x2apic(i, config->apic_ids[i]);
	}
	begin(out, ENTRY_IOAPIC, 12);
	blob_le(out, 1, 0); /* id */
	blob_le(out, 1, 0);
	blob_le(out, 4, ACPI_IOAPIC);
	blob_le(out, 4, 0); /* first GSI */
	add_override(out, 0, 2, CONFORMS);
	for (unsigned i = 0; i < ARRAY_SIZE(level_irqs); i++)
		add_override(out, level_irqs[i], level_irqs[i], ACTIVE_HIGH_LEVEL);
	add_nmi(out, x2apic);
	table_end(out, start);
}
