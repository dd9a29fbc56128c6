// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Direct boot: no firmware runs, so tenon prepares what firmware would have: tables, memory map,
 * memory types, registers of the chipset, and the vCPU at the kernel's entry point.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "vm/boot/bzimage.h"
#include "vm/launch/direct_pci.h"
#include "vm/launch/launch.h"
#include "vm/launch/tables.h"
#include "vm/vcpu/mtrr.h"

/* Where an operating system searches for the tables. The E820 map has no RAM there. */
#define RSDP_AREA   ((struct range){ 0xf0000, 0x1000 })
#define SMBIOS_AREA ((struct range){ 0xf1000, 0xb000 })
#define MP_AREA     ((struct range){ 0xfc000, 0x4000 })

#define TABLES_ALIGN (64 * KIB)

struct direct {
	struct launch launch;
	struct bzimage image;
	bool opened;
	u64 facs; /* the guest physical address of the FACS */
	const struct machine_parts *parts;
};

static int direct_open(struct launch *launch, struct err *err)
{
	struct direct *direct = container_of(launch, struct direct, launch);
	const struct machine_config *config = launch->config;
	int ret = bzimage_open(&direct->image, config->kernel, config->initrd, config->append, err);

	direct->opened = !ret;
	return ret;
}

static void direct_close(struct launch *launch)
{
	struct direct *direct = container_of(launch, struct direct, launch);

	if (direct->opened)
		bzimage_close(&direct->image);
	free(direct);
}

static int direct_connect(struct launch *launch, const struct machine_parts *parts, struct err *err)
{
	container_of(launch, struct direct, launch)->parts = parts;
	return 0;
}

static int build_map(
	const struct machine_parts *parts, struct range acpi, struct e820 *map, struct err *err)
{
	const struct range reserved[] = {
		mch_ecam(&parts->board->mch),
		{ KVM_IDENTITY_MAP_ADDR, 4 * 4 * KIB },
	};
	const struct e820_layout layout = {
		.low_ram = ram_low_end(parts->ram),
		.high_ram = ram_high_end(parts->ram) - RAM_HIGH_START,
		.acpi_tables = acpi,
		.reserved = reserved,
		.nr_reserved = ARRAY_SIZE(reserved),
	};
	int ret = e820_build(map, &layout);

	return ret ? err_sys(err, -ret, "cannot describe the guest's memory") : 0;
}

/* Places the tables at the end of low RAM, and their root pointer where it is searched for. */
static int place_acpi(struct direct *direct, struct range *where, u64 *rsdp, struct err *err)
{
	const struct machine_parts *parts = direct->parts;
	struct acpi_tables tables;
	u64 size;
	/* Fixed BARs need no entry: the guest reads their addresses from the BARs' registers. */
	int ret = tables_build_acpi(&tables, parts->board, parts->devices, parts->ram,
		parts->mmio64.phys_bits, NULL, err);

	if (ret)
		return ret;
	size = round_up(tables.tables.size + tables.tpm_log.size, TABLES_ALIGN);
	*where = (struct range){ ram_low_end(parts->ram) - size, size };
	ret = acpi_link(&tables, parts->mem, RSDP_AREA, *where, rsdp, err);
	direct->facs = where->start + tables.facs;
	acpi_free(&tables);
	return ret;
}

static int place_smbios(const struct machine_parts *parts, struct err *err)
{
	struct smbios smbios;
	int ret = tables_build_smbios(&smbios, parts->board, parts->ram, false, err);

	if (ret)
		return ret;
	ret = smbios_place(&smbios, parts->mem, SMBIOS_AREA, err);
	smbios_free(&smbios);
	return ret;
}

/* Other BARs above 4 GiB may keep the host's addresses, which decide on the AMD hole's side. */
static int place_bars(const struct machine_parts *parts, struct err *err)
{
	u64 high = fixed_bars_high_end(parts->fixed_bars);
	int ret = direct_pci_place(&parts->board->mch,
		tables_mmio64(parts->ram, parts->mmio64.phys_bits, high, high), parts->fixed_bars);

	return ret ? err_sys(err, -ret, "cannot give the guest's PCI devices addresses") : 0;
}

/* What firmware sets in the devices and processors at each start, also of a guest that wakes. */
static int set_registers(const struct machine_parts *parts, struct err *err)
{
	int ret;

	board_set_as_firmware(parts->board, fixed_bars_ecam(parts->fixed_bars));
	fixed_bars_set(parts->fixed_bars, parts->assigned);
	ret = place_bars(parts, err);
	for (unsigned i = 0; i < parts->vcpus->nr && !ret; i++)
		ret = mtrr_set_as_firmware(
			&parts->vcpus->vcpu[i].kvm, RAM_LOW_MAX, parts->mmio64.phys_bits, err);
	return ret;
}

static int direct_run(struct launch *launch, struct err *err)
{
	struct direct *direct = container_of(launch, struct direct, launch);
	const struct machine_parts *parts = direct->parts;
	struct vcpu_entry entry;
	struct range acpi;
	struct e820 map;
	u64 rsdp;
	int ret = set_registers(parts, err);

	if (!ret)
		ret = place_acpi(direct, &acpi, &rsdp, err);
	if (!ret)
		ret = place_smbios(parts, err);
	if (!ret)
		ret = tables_place_mptable(parts->board, parts->mem, MP_AREA, err);
	if (!ret)
		ret = build_map(parts, acpi, &map, err);
	if (!ret)
		ret = bzimage_load(&direct->image, parts->mem, &map, rsdp, &entry, err);
	if (!ret)
		ret = vcpu_enter_long_mode(&parts->vcpus->vcpu[0].kvm, &entry, err);
	return ret;
}

/*
 * The guest has written its waking vector into the FACS, an address below 1 MiB that is entered in
 * real mode. The 64-bit vector is not looked at: only firmware that runs in protected mode may
 * use it.
 */
static int direct_wake(struct launch *launch, struct err *err)
{
	struct direct *direct = container_of(launch, struct direct, launch);
	const struct machine_parts *parts = direct->parts;
	const u8 *facs = mem_ptr(parts->mem, direct->facs, FACS_WAKING_VECTOR + 4);
	u32 vector = facs ? get_le32(facs + FACS_WAKING_VECTOR) : 0;
	int ret;

	if (!vector || vector >= MIB)
		return err_set(err, EINVAL,
			"the guest cannot wake: it has left 0x%x as the address to go on at",
			vector);
	ret = set_registers(parts, err);
	return ret ? ret : vcpu_enter_real_mode(&parts->vcpus->vcpu[0].kvm, vector, err);
}

static const struct launch_ops direct_ops = {
	.open = direct_open,
	.connect = direct_connect,
	.run = direct_run,
	.wake = direct_wake,
	.close = direct_close,
};

struct launch *direct_new(const struct machine_config *config)
{
	struct direct *direct = calloc(1, sizeof(*direct));

	if (!direct)
		return NULL;
	direct->launch = (struct launch){ &direct_ops, config };
	return &direct->launch;
}
