// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tables.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/own.h"

/* Neutral: a guest that hides its nature must not tell it here. */
#define OEM_ID       "TENON "
#define OEM_TABLE_ID "TENONVM "

/*
 * AMD processors keep 12 GiB below 1 TiB for HyperTransport, whatever the guest believes (the
 * processors' BKDGs, "System Address Map"): the window lies on one side of them.
 */
#define AMD_HOLE     0xfd00000000ull
#define AMD_HOLE_END 0x10000000000ull

struct range tables_mmio64(const struct ram *ram, unsigned phys_bits)
{
	u64 start = round_up(ram_high_end(ram), GIB);
	u64 end = BIT_ULL(phys_bits);

	if (end > AMD_HOLE_END && start < AMD_HOLE_END)
		start = AMD_HOLE_END;
	else if (end == AMD_HOLE_END)
		end = AMD_HOLE;
	return (struct range){ start, end > start ? end - start : 0 };
}

/* From the end of low RAM's room to the IOAPIC, less ECAM. */
static void set_mmio32(struct acpi_config *config, struct range ecam)
{
	const struct range all = { RAM_LOW_MAX, ACPI_IOAPIC - RAM_LOW_MAX };
	struct range hole = range_intersect(all, ecam);

	if (!hole.size) {
		config->mmio32[0] = all;
		return;
	}
	config->mmio32[0] = (struct range){ all.start, hole.start - all.start };
	config->mmio32[1] = (struct range){ range_end(hole), range_end(all) - range_end(hole) };
}

int tables_build_acpi(struct acpi_tables *tables, struct platform *platform, const struct ram *ram,
	unsigned phys_bits, struct err *err)
{
	unsigned nr_cpus = platform->config->cpus;
	own_free u32 *apic_ids = calloc(nr_cpus, sizeof(*apic_ids));
	struct range ecam = mch_ecam(&platform->mch);
	struct acpi_config config = {
		.oem_id = OEM_ID,
		.oem_table_id = OEM_TABLE_ID,
		.apic_ids = apic_ids,
		.nr_cpus = nr_cpus,
		.mmio64 = tables_mmio64(ram, phys_bits),
	};

	if (!apic_ids)
		return err_sys(err, ENOMEM, "cannot make the ACPI tables");
	for (unsigned i = 0; i < nr_cpus; i++)
		apic_ids[i] = i;
	/* Before firmware has turned ECAM on, where it is going to be. */
	if (!ecam.size)
		ecam = (struct range){ MCH_ECAM_DEFAULT, 256 * MIB };
	config.ecam_base = ecam.start;
	config.last_bus = ecam.size / MIB - 1;
	set_mmio32(&config, ecam);
	for (unsigned i = 0; i < 32 * 4; i++)
		config.pirq[i / 4][i % 4] = lpc_pirq(i / 4, i % 4);
	return acpi_build(tables, &config, err);
}
