// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/direct.h"

#include "base/bytes.h"
#include "vm/tables.h"
#include "vm/vcpu/mtrr.h"

/* Where an operating system searches for both, and the E820 map has no RAM for it. */
#define RSDP_AREA   ((struct range){ 0xf0000, 0x1000 })
#define SMBIOS_AREA ((struct range){ 0xf1000, 0xf000 })

#define TABLES_ALIGN (64 * KIB)

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

static int build_map(
	const struct direct *direct, struct range acpi, struct e820 *map, struct err *err)
{
	const struct range reserved[] = {
		mch_ecam(&direct->platform->mch),
		{ KVM_IDENTITY_MAP_ADDR, 4 * 4 * KIB },
	};
	const struct e820_layout layout = {
		.low_ram = ram_low_end(direct->ram),
		.high_ram = ram_high_end(direct->ram) - RAM_HIGH_START,
		.acpi_tables = acpi,
		.reserved = reserved,
		.nr_reserved = ARRAY_SIZE(reserved),
	};
	int ret = e820_build(map, &layout);

	return ret ? err_sys(err, -ret, "cannot describe the guest's memory") : 0;
}

/* The tables at the end of low RAM, their root pointer where it is searched. */
static int place_acpi(const struct direct *direct, struct range *where, u64 *rsdp, struct err *err)
{
	struct acpi_tables tables;
	u64 size;
	int ret = tables_build_acpi(&tables, direct->platform, direct->ram, direct->phys_bits, err);

	if (ret)
		return ret;
	size = round_up(tables.tables.size, TABLES_ALIGN);
	*where = (struct range){ ram_low_end(direct->ram) - size, size };
	ret = acpi_link(&tables, direct->mem, RSDP_AREA, *where, rsdp, err);
	acpi_free(&tables);
	return ret;
}

static int place_smbios(const struct direct *direct, struct err *err)
{
	struct smbios smbios;
	int ret = tables_build_smbios(&smbios, direct->platform, direct->ram, false, err);

	if (ret)
		return ret;
	ret = smbios_place(&smbios, direct->mem, SMBIOS_AREA, err);
	smbios_free(&smbios);
	return ret;
}

int direct_start(struct direct *direct, struct err *err)
{
	struct vcpu_entry entry;
	struct range acpi;
	struct e820 map;
	u64 rsdp;
	int ret;

	platform_set_as_firmware(direct->platform);
	ret = place_acpi(direct, &acpi, &rsdp, err);
	if (!ret)
		ret = place_smbios(direct, err);
	if (!ret)
		ret = build_map(direct, acpi, &map, err);
	if (!ret)
		ret = bzimage_load(&direct->image, direct->mem, &map, rsdp, &entry, err);
	for (unsigned i = 0; i < direct->vcpus->nr && !ret; i++)
		ret = mtrr_set_as_firmware(
			&direct->vcpus->vcpu[i].kvm, RAM_LOW_MAX, direct->phys_bits, err);
	if (!ret)
		ret = vcpu_enter_long_mode(&direct->vcpus->vcpu[0].kvm, &entry, err);
	return ret;
}
