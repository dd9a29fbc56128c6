// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/direct.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/vcpu/mtrr.h"

/* Where the tables go: RSDP where the ACPI specification looks for it, the rest on top of RAM. */
#define RSDP_AREA   ((struct range){ 0xe0000, 0x20000 })
#define TABLES_SIZE (256 * KIB)

#define IOAPIC_BASE 0xfec00000ull

/*
 * AMD processors keep this for HyperTransport whatever the guest believes (APM volume 2, 3.3.5):
 * 12 GiB below 1 TiB.
 */
#define AMD_HOLE     0xfd00000000ull
#define AMD_HOLE_END 0x10000000000ull

int direct_open(struct direct *direct, const struct machine_config *config, struct err *err)
{
	return bzimage_open(&direct->image, config->kernel, config->initrd, config->append, err);
}

void direct_close(struct direct *direct)
{
	bzimage_close(&direct->image);
}

void direct_connect(struct direct *direct, struct mem *mem, const struct ram *ram,
	struct platform *platform, struct vcpus *vcpus, unsigned phys_bits)
{
	direct->mem = mem;
	direct->ram = ram;
	direct->platform = platform;
	direct->vcpus = vcpus;
	direct->phys_bits = phys_bits;
}

static struct range tables_area(const struct direct *direct)
{
	return (struct range){ ram_low_end(direct->ram) - TABLES_SIZE, TABLES_SIZE };
}

static int build_map(const struct direct *direct, struct e820 *map, struct err *err)
{
	const struct range reserved[] = {
		mch_ecam(&direct->platform->mch),
		{ KVM_IDENTITY_MAP_ADDR, 4 * 4 * KIB },
	};
	const struct e820_layout layout = {
		.low_ram = ram_low_end(direct->ram),
		.high_ram = ram_high_end(direct->ram) - RAM_HIGH_START,
		.acpi_tables = tables_area(direct),
		.reserved = reserved,
		.nr_reserved = ARRAY_SIZE(reserved),
	};
	int ret = e820_build(map, &layout);

	return ret ? err_sys(err, -ret, "cannot describe the guest's memory") : 0;
}

/* Where the guest may put 64-bit BARs: all that lies behind RAM, on one side of AMD's hole. */
static struct range high_window(const struct direct *direct)
{
	u64 start = round_up(ram_high_end(direct->ram), GIB);
	u64 end = BIT_ULL(direct->phys_bits);

	if (end > AMD_HOLE_END && start < AMD_HOLE_END)
		start = AMD_HOLE_END;
	else if (end == AMD_HOLE_END)
		end = AMD_HOLE;
	return (struct range){ start, end > start ? end - start : 0 };
}

static int place_tables(struct direct *direct, u64 *rsdp, struct err *err)
{
	struct range ecam = mch_ecam(&direct->platform->mch);
	unsigned nr_cpus = direct->vcpus->nr;
	struct acpi_tables tables;
	struct acpi_config config = {
		.oem_id = "TENON ",
		.oem_table_id = "TENONVM ",
		.nr_cpus = nr_cpus,
		.ecam_base = ecam.start,
		.last_bus = (u8)(ecam.size / MIB - 1),
		.mmio32 = {
			{ RAM_LOW_MAX, ecam.start - RAM_LOW_MAX },
			{ range_end(ecam), IOAPIC_BASE - range_end(ecam) },
		},
		.mmio64 = high_window(direct),
	};
	u32 *apic_ids = calloc(nr_cpus, sizeof(*apic_ids));
	int ret;

	if (!apic_ids)
		return err_sys(err, ENOMEM, "cannot make the ACPI tables");
	for (unsigned i = 0; i < nr_cpus; i++)
		apic_ids[i] = direct->vcpus->vcpu[i].kvm.id;
	for (unsigned i = 0; i < ARRAY_SIZE(config.pirq) * 4; i++)
		config.pirq[i / 4][i % 4] = (u8)lpc_pirq(i / 4, i % 4);
	config.apic_ids = apic_ids;

	ret = acpi_build(&tables, &config, err);
	if (!ret) {
		ret = acpi_link(&tables, direct->mem, RSDP_AREA, tables_area(direct), rsdp, err);
		acpi_free(&tables);
	}
	free(apic_ids);
	return ret;
}

int direct_start(struct direct *direct, struct err *err)
{
	struct vcpu_entry entry;
	struct e820 map;
	u64 rsdp = 0;
	int ret;

	platform_set_as_firmware(direct->platform);
	ret = build_map(direct, &map, err);
	if (!ret)
		ret = place_tables(direct, &rsdp, err);
	if (!ret)
		ret = bzimage_load(&direct->image, direct->mem, &map, rsdp, &entry, err);
	for (unsigned i = 0; i < direct->vcpus->nr && !ret; i++)
		ret = mtrr_set_as_firmware(
			&direct->vcpus->vcpu[i].kvm, RAM_LOW_MAX, direct->phys_bits, err);
	if (!ret)
		ret = vcpu_enter_long_mode(&direct->vcpus->vcpu[0].kvm, &entry, err);
	return ret;
}
