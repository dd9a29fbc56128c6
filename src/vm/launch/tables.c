// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/tables.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "vm/boot/mptable.h"
#include "vm/launch/mmio64.h"

#define BIOS_DATE "01/01/2026"

/* The maker and product names in the tables. */
struct maker {
	char oem_id[7];
	char oem_table_id[9];
	const char *bios;
	const char *bios_version;
	const char *manufacturer;
	const char *product;
};

static const struct maker makers[] = {
	{ "TENON ", "TENONVM ", "Tenon", TENON_VERSION, "Tenon", "Q35 PC" },
	/*
	 * For a machine that hides that it is virtual: the placeholders of boards without a name.
	 */
	{ "OEMID ", "OEMTABLE", "System BIOS", "1.0", "System manufacturer",
		"System Product Name" },
};

static const struct maker *maker_of(const struct board *board)
{
	return &makers[board->config->hidden];
}

struct range tables_mmio64(const struct ram *ram, unsigned phys_bits, u64 lowest, u64 highest)
{
	u64 start = round_up(ram_high_end(ram), GIB);
	u64 end = BIT_ULL(phys_bits);

	/*
	 * BARs on both sides of the hole, on the host and so in the guest, mean a processor without
	 * it.
	 */
	if (lowest && lowest < MMIO64_AMD_HOLE && highest >= MMIO64_AMD_HOLE_END)
		return (struct range){ start, end - start };
	if (end == MMIO64_AMD_HOLE_END ||
		(end > MMIO64_AMD_HOLE_END && lowest && lowest < MMIO64_AMD_HOLE))
		end = MMIO64_AMD_HOLE;
	else if (end > MMIO64_AMD_HOLE_END && start < MMIO64_AMD_HOLE_END)
		start = MMIO64_AMD_HOLE_END;
	return (struct range){ start, end > start ? end - start : 0 };
}

/* From the highest possible end of low RAM to the IOAPIC, without ECAM. */
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

static u64 bar_address(const struct pci_dev *dev, unsigned bar)
{
	const u8 *reg = dev->config + PCI_BASE_ADDRESS_0 + 4 * bar;
	const u32 type = PCI_BASE_ADDRESS_SPACE_IO | PCI_BASE_ADDRESS_MEM_TYPE_MASK;

	if (!dev->bars[bar].size || (dev->bars[bar].flags & type) != PCI_BASE_ADDRESS_MEM_TYPE_64)
		return 0;
	return get_le64(reg) & PCI_BASE_ADDRESS_MEM_MASK;
}

/*
 * Finds the lowest and the highest BAR above 4 GiB on @bus and below. Leaves both unchanged if
 * there is none.
 */
static void find_high_bars(const struct pci_bus *bus, u64 *lowest, u64 *highest)
{
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		const struct pci_dev *dev = bus->devs[i];

		for (unsigned bar = 0; dev && bar < PCI_ROM_BAR; bar++) {
			u64 address = bar_address(dev, bar);

			if (address < RAM_HIGH_START)
				continue;
			if (!*lowest || address < *lowest)
				*lowest = address;
			if (address > *highest)
				*highest = address;
		}
		if (dev && dev->secondary)
			find_high_bars(dev->secondary, lowest, highest);
	}
}

/*
 * The highest possible bus number: that of the numbered bridges, or one for each bridge before they
 * are numbered. Linux probes all 32 slots of every declared bus that is behind no bridge.
 */
static u8 last_bus(struct board *board)
{
	const struct pci_bus *root = &board->mch.host.root;
	unsigned bridges = 0, highest = 0;

	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++) {
		const struct pci_dev *dev = root->devs[i];

		if (!dev || !dev->secondary)
			continue;
		bridges++;
		if (dev->config[PCI_SUBORDINATE_BUS] > highest)
			highest = dev->config[PCI_SUBORDINATE_BUS];
	}
	return (u8)(highest > bridges ? highest : bridges);
}

int tables_build_acpi(struct acpi_tables *tables, struct board *board,
	const struct device_set *devices, const struct ram *ram, unsigned phys_bits,
	const struct fixed_bars *kept, struct err *err)
{
	const struct topology *topology = &board->config->topology;
	const struct maker *maker = maker_of(board);
	unsigned nr_cpus = topology_cpus(topology);
	own_free u32 *apic_ids = calloc(nr_cpus, sizeof(*apic_ids));
	struct range ecam = mch_ecam(&board->mch);
	struct range reserved[FIXED_BARS_MAX];
	struct acpi_config config = {
		.apic_ids = apic_ids,
		.nr_cpus = nr_cpus,
		.reserved = reserved,
		.nr_reserved = kept ? kept->nr : 0,
		.has_i8042 = i8042_input(devices),
		.smm = board->config->smm,
		.has_tpm = device_of(devices, &tpm_kind),
		.s3 = board->config->s3,
		.s4 = board->config->s4,
	};
	struct pci_host *host = &board->mch.host;
	u64 lowest = 0, highest = 0;

	if (!apic_ids)
		return err_sys(err, ENOMEM, "cannot make the ACPI tables");
	memcpy(config.oem_id, maker->oem_id, sizeof(maker->oem_id));
	memcpy(config.oem_table_id, maker->oem_table_id, sizeof(maker->oem_table_id));
	for (unsigned i = 0; i < nr_cpus; i++)
		apic_ids[i] = topology_apic_id(topology, i);
	for (unsigned i = 0; i < config.nr_reserved; i++)
		reserved[i] = kept->place[i].range;
	/* Before firmware has enabled ECAM: the address that it will have. */
	if (!ecam.size)
		ecam = (struct range){ MCH_ECAM_DEFAULT, MCH_ECAM_SIZE };
	config.ecam_base = ecam.start;
	pthread_mutex_lock(&host->lock);
	config.last_bus = last_bus(board);
	find_high_bars(&host->root, &lowest, &highest);
	config.mmio64 = tables_mmio64(ram, phys_bits, lowest, highest);
	pthread_mutex_unlock(&host->lock);
	set_mmio32(&config, ecam);
	devices_acpi(devices, &config);
	for (unsigned i = 0; i < 32 * 4; i++)
		config.pirq[i / 4][i % 4] = lpc_pirq(i / 4, i % 4);
	return acpi_build(tables, &config, err);
}

#define CPUID_BRAND 0x80000002 /* and the next two leaves, 16 characters each */

/* CPUID may return any bytes. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((u8)*text < ' ' || (u8)*text >= 0x7f)
			*text = ' ';
}

/*
 * Reads vendor and brand of the host's processor, as KVM shows them to the guest. Both are
 * NUL-terminated, and empty if unknown.
 */
static void read_cpu_names(char vendor[13], char brand[49])
{
	u32 r[4];

	memset(vendor, 0, 13);
	memset(brand, 0, 49);
	if (__get_cpuid(0, &r[0], &r[1], &r[2], &r[3])) {
		put_le32(vendor, r[1]);
		put_le32(vendor + 4, r[3]);
		put_le32(vendor + 8, r[2]);
	}
	for (u32 i = 0; i < 3; i++)
		if (__get_cpuid(CPUID_BRAND + i, &r[0], &r[1], &r[2], &r[3]))
			memcpy(brand + 16 * i, r, 16);
	make_printable(vendor);
	make_printable(brand);
}

/* The user's text, or the default. */
static const char *or_else(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

int tables_build_smbios(struct smbios *smbios, const struct board *board, const struct ram *ram,
	bool uefi, struct err *err)
{
	const struct topology *topology = &board->config->topology;
	const struct smbios_strings *smbios_strings = board->config->smbios_strings;
	const struct maker *maker = maker_of(board);
	char vendor[13], brand[49];
	struct smbios_config config = {
		.bios_vendor = or_else(smbios_strings->bios, maker->bios),
		.bios_version = maker->bios_version,
		.bios_date = BIOS_DATE,
		.uefi = uefi,
		.virtual = !board->config->hidden,
		.manufacturer = or_else(smbios_strings->manufacturer, maker->manufacturer),
		.product = or_else(smbios_strings->product, maker->product),
		.version = smbios_strings->version,
		.serial = smbios_strings->serial,
		.sku = smbios_strings->sku,
		.family = smbios_strings->family,
		.cpu_manufacturer = vendor,
		.cpu_version = brand,
		.sockets = topology->sockets,
		.cores = topology->cores,
		.threads = topology->cores * topology->threads,
		.low_ram = ram_low_end(ram),
		.high_ram = ram_high_end(ram) - RAM_HIGH_START,
	};
	u32 signature, ebx, ecx, features;

	memcpy(config.uuid, smbios_strings->uuid, sizeof(config.uuid));
	read_cpu_names(vendor, brand);
	if (__get_cpuid(1, &signature, &ebx, &ecx, &features))
		config.cpu_id = signature | (u64)features << 32;
	return smbios_build(smbios, &config, err);
}

int tables_place_mptable(struct board *board, struct mem *mem, struct range area, struct err *err)
{
	const struct topology *topology = &board->config->topology;
	const struct pci_bus *root = &board->mch.host.root;
	const struct maker *maker = maker_of(board);
	unsigned nr_cpus = topology_cpus(topology);
	own_free u32 *apic_ids = calloc(nr_cpus, sizeof(*apic_ids));
	struct mptable_config config = {
		.maker = maker->oem_id,
		.product = maker->oem_table_id,
		.apic_ids = apic_ids,
		.nr_cpus = nr_cpus,
		.last_bus = last_bus(board),
	};
	u32 ebx, ecx;

	if (!apic_ids)
		return err_sys(err, ENOMEM, "cannot make the multiprocessor tables");
	for (unsigned i = 0; i < nr_cpus; i++)
		apic_ids[i] = topology_apic_id(topology, i);
	__get_cpuid(1, &config.signature, &ebx, &ecx, &config.features);
	for (unsigned i = 0; i < PCI_BUS_DEVFNS; i++)
		for (unsigned pin = 0; root->devs[i] && pin < 4; pin++)
			config.gsi[PCI_DEV_OF(i)][pin] =
				(u8)(LPC_FIRST_GSI + lpc_pirq(PCI_DEV_OF(i), pin));
	return mptable_place(&config, mem, area, err);
}
