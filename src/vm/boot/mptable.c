// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/mptable.h"

#include <errno.h>
#include <string.h>

#include "vm/boot/acpi/acpi.h"

#define POINTER_SIZE 16
#define HEADER_SIZE  44
#define REVISION     4 /* 1.4 */

enum entry { ENTRY_CPU, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_INTERRUPT, ENTRY_LOCAL };
enum interrupt { INT, NMI, SMI, EXTERNAL };

#define LAPIC_VERSION  0x14
#define IOAPIC_VERSION 0x11
#define CPU_ENABLED    BIT(0)
#define CPU_BOOT       BIT(1)
#define IOAPIC_ID      0
#define IOAPIC_ENABLED BIT(0)

#define CONFORMS          0
#define ACTIVE_HIGH_LEVEL 0xd
#define PCI_ADDRESS(dev)  ((dev) << 2)
#define ALL               0xff /* processors */

#define NR_ISA_IRQS 16
#define TIMER_IRQ   0
#define TIMER_PIN   2
#define CASCADE_IRQ 2
#define SCI_IRQ     9

static void add_cpu(struct blob *out, const struct mptable_config *config, unsigned i)
{
	blob_le(out, 1, ENTRY_CPU);
	blob_le(out, 1, config->apic_ids[i]);
	blob_le(out, 1, LAPIC_VERSION);
	blob_le(out, 1, CPU_ENABLED | (i ? 0 : CPU_BOOT));
	blob_le(out, 4, config->signature);
	blob_le(out, 4, config->features);
	blob_zero(out, 8);
}

static void add_bus(struct blob *out, u8 id, const char *type)
{
	blob_le(out, 1, ENTRY_BUS);
	blob_le(out, 1, id);
	blob_add(out, type, 6);
}

static void add_ioapic(struct blob *out)
{
	blob_le(out, 1, ENTRY_IOAPIC);
	blob_le(out, 1, IOAPIC_ID);
	blob_le(out, 1, IOAPIC_VERSION);
	blob_le(out, 1, IOAPIC_ENABLED);
	blob_le(out, 4, ACPI_IOAPIC);
}

/* From a bus to the IOAPIC, or to the local APICs of all processors. */
static void add_interrupt(struct blob *out, enum entry to, enum interrupt type, u16 flags, u8 bus,
	unsigned source, unsigned pin)
{
	blob_le(out, 1, to);
	blob_le(out, 1, type);
	blob_le(out, 2, flags);
	blob_le(out, 1, bus);
	blob_le(out, 1, source);
	blob_le(out, 1, to == ENTRY_LOCAL ? ALL : IOAPIC_ID);
	blob_le(out, 1, pin);
}

static unsigned add_pci_interrupts(struct blob *out, const struct mptable_config *config)
{
	unsigned nr = 0;

	for (unsigned dev = 0; dev < MPTABLE_DEVICES; dev++)
		for (unsigned pin = 0; pin < 4; pin++)
			if (config->gsi[dev][pin]) {
				add_interrupt(out, ENTRY_INTERRUPT, INT, ACTIVE_HIGH_LEVEL, 0,
					PCI_ADDRESS(dev) | pin, config->gsi[dev][pin]);
				nr++;
			}
	return nr;
}

static unsigned add_isa_interrupts(struct blob *out, u8 isa)
{
	unsigned nr = 0;

	for (unsigned irq = 0; irq < NR_ISA_IRQS; irq++) {
		if (irq == CASCADE_IRQ)
			continue;
		add_interrupt(out, ENTRY_INTERRUPT, INT,
			irq == SCI_IRQ ? ACTIVE_HIGH_LEVEL : CONFORMS, isa, irq,
			irq == TIMER_IRQ ? TIMER_PIN : irq);
		nr++;
	}
	return nr;
}

/* Returns the number of entries. */
static unsigned add_entries(struct blob *out, const struct mptable_config *config)
{
	u8 isa = (u8)(config->last_bus + 1);
	unsigned nr = 0;

	for (unsigned i = 0; i < config->nr_cpus; i++) {
		if (config->apic_ids[i] >= MPTABLE_MAX_CPUS)
			continue;
		add_cpu(out, config, i);
		nr++;
	}
	for (unsigned bus = 0; bus <= config->last_bus; bus++)
		add_bus(out, (u8)bus, "PCI   ");
	add_bus(out, isa, "ISA   ");
	add_ioapic(out);
	nr += config->last_bus + 3;
	nr += add_isa_interrupts(out, isa);
	nr += add_pci_interrupts(out, config);
	add_interrupt(out, ENTRY_LOCAL, EXTERNAL, CONFORMS, isa, 0, 0);
	add_interrupt(out, ENTRY_LOCAL, NMI, CONFORMS, isa, 0, 1);
	return nr + 2;
}

/* Filled up with spaces. */
static void add_text(struct blob *out, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	blob_add(out, text, len);
	for (; len < size; len++)
		blob_le(out, 1, ' ');
}

static void add_pointer(struct blob *out, u32 table)
{
	blob_add(out, "_MP_", 4);
	blob_le(out, 4, table);
	blob_le(out, 1, POINTER_SIZE / 16);
	blob_le(out, 1, REVISION);
	blob_zero(out, 6); /* the checksum; there is a table, and no IMCR */
}

/* Sets the byte at @at so that all from @start to @end add up to 0. */
static void set_checksum(struct blob *out, size_t at, size_t start, size_t end)
{
	u8 sum = 0;

	for (size_t i = start; i < end && !out->failed; i++)
		sum += out->data[i];
	blob_put_le(out, at, 1, (u8)-sum);
}

void mptable_build(struct blob *out, const struct mptable_config *config, u32 address)
{
	size_t start = out->size, table = start + POINTER_SIZE;
	unsigned nr;

	add_pointer(out, address + POINTER_SIZE);
	set_checksum(out, start + 10, start, table);
	blob_add(out, "PCMP", 4);
	blob_le(out, 2, 0); /* the length */
	blob_le(out, 1, REVISION);
	blob_le(out, 1, 0); /* the checksum */
	add_text(out, config->maker, 8);
	add_text(out, config->product, 12);
	blob_zero(out, 6); /* no table of the manufacturer's */
	blob_le(out, 2, 0);
	blob_le(out, 4, ACPI_LAPIC);
	blob_zero(out, 4);
	nr = add_entries(out, config);
	blob_put_le(out, table + 4, 2, out->size - table);
	blob_put_le(out, table + 34, 2, nr);
	set_checksum(out, table + 7, table, out->size);
}

int mptable_place(
	const struct mptable_config *config, struct mem *mem, struct range area, struct err *err)
{
	struct blob tables = { 0 };
	void *host;
	int ret = 0;

	mptable_build(&tables, config, (u32)area.start);
	host = tables.size <= area.size ? mem_ptr(mem, area.start, tables.size) : NULL;
	if (tables.failed)
		ret = err_sys(err, ENOMEM, "cannot make the multiprocessor tables");
	else if (!host)
		ret = err_set(err, ENOSPC, "cannot place %zu bytes of multiprocessor tables",
			tables.size);
	else
		memcpy(host, tables.data, tables.size);
	blob_free(&tables);
	return ret;
}
