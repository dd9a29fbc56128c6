// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/quirks.h"

#include <linux/pci_regs.h>

#include "host/facts/class.h"

#define VENDOR_ATI    0x1002
#define VENDOR_AMD    0x1022
#define VENDOR_INTEL  0x8086
#define VENDOR_CAVIUM 0x177d

/* Which devices a row of the ACS table applies to. */
enum acs_scope {
	ON_ANY, /* any device with the id */
	ON_ROOT_PORT,
	ON_PORT,      /* root ports and downstream ports */
	ON_RCIEP,     /* root complex integrated endpoints */
	ON_AMD_SB,    /* multi-function devices of the root bus, with an AMD IOMMU */
	ON_PORT_OPEN, /* ports that no row before names: these do not isolate */
	ON_ANY_OPEN,
};

struct acs_row {
	u16 vendor;
	u16 first, last; /* device ids */
	enum acs_scope scope;
	const char *name;
};

#define ID(vendor, device, scope, name)             \
	{                                           \
		vendor, device, device, scope, name \
	}

static const char amd_sb[] = "AMD SB7x0-SB9x0/FCH function without peer-to-peer";
static const char intel_nic[] = "Intel network function without peer-to-peer";
static const char intel_pch[] = "Intel PCH root port that isolates without an ACS capability";
static const char ampere[] = "Ampere root port that isolates without an ACS capability";
static const char nxp[] = "NXP Layerscape root port that isolates without an ACS capability";
static const char loongson[] = "Loongson root port that isolates without an ACS capability";
static const char broadcom_nic[] = "Broadcom network function without peer-to-peer";
static const char qcom[] = "Qualcomm root port that isolates without an ACS capability";
static const char zhaoxin_fn[] = "Zhaoxin function without peer-to-peer";
static const char zhaoxin[] = "Zhaoxin port that isolates without an ACS capability";
static const char wangxun[] = "Wangxun network function without peer-to-peer";
static const char cavium_fn[] = "Cavium function without peer-to-peer";
static const char cavium[] = "Cavium ThunderX root port that isolates without an ACS capability";

/* In the kernel's order: the first row that applies and has a verdict decides. */
static const struct acs_row acs_rows[] = {
	ID(VENDOR_ATI, 0x4385, ON_AMD_SB, amd_sb),
	ID(VENDOR_ATI, 0x439c, ON_AMD_SB, amd_sb),
	ID(VENDOR_ATI, 0x4383, ON_AMD_SB, amd_sb),
	ID(VENDOR_ATI, 0x439d, ON_AMD_SB, amd_sb),
	ID(VENDOR_ATI, 0x4384, ON_AMD_SB, amd_sb),
	ID(VENDOR_ATI, 0x4399, ON_AMD_SB, amd_sb),
	ID(VENDOR_AMD, 0x780f, ON_AMD_SB, amd_sb),
	ID(VENDOR_AMD, 0x7809, ON_AMD_SB, amd_sb),
	ID(0x1924, 0x0903, ON_ANY, "Solarflare network function without peer-to-peer"),
	ID(0x1924, 0x0923, ON_ANY, "Solarflare network function without peer-to-peer"),
	ID(0x1924, 0x0a03, ON_ANY, "Solarflare network function without peer-to-peer"),
	ID(VENDOR_INTEL, 0x10c6, ON_ANY, intel_nic), /* 82598 */
	ID(VENDOR_INTEL, 0x10db, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x10dd, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x10e1, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x10f1, ON_ANY, intel_nic),
	{ VENDOR_INTEL, 0x10f7, 0x10fc, ON_ANY, intel_nic }, /* 82599 */
	ID(VENDOR_INTEL, 0x1507, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1514, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x151c, ON_ANY, intel_nic),
	{ VENDOR_INTEL, 0x1529, 0x152a, ON_ANY, intel_nic },
	ID(VENDOR_INTEL, 0x154d, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x154f, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1551, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1558, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1509, ON_ANY, intel_nic), /* 82580 */
	{ VENDOR_INTEL, 0x150e, 0x1511, ON_ANY, intel_nic },
	ID(VENDOR_INTEL, 0x1516, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1527, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x10c9, ON_ANY, intel_nic), /* 82576 */
	{ VENDOR_INTEL, 0x10e6, 0x10e8, ON_ANY, intel_nic },
	ID(VENDOR_INTEL, 0x150a, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x150d, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1518, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x1526, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x10a7, ON_ANY, intel_nic), /* 82575 */
	ID(VENDOR_INTEL, 0x10a9, ON_ANY, intel_nic),
	ID(VENDOR_INTEL, 0x10d6, ON_ANY, intel_nic),
	{ VENDOR_INTEL, 0x1521, 0x1524, ON_ANY, intel_nic }, /* I350 */
	{ VENDOR_INTEL, 0x105e, 0x1060, ON_ANY, intel_nic }, /* 82571 */
	ID(VENDOR_INTEL, 0x10d9, ON_ANY, intel_nic),
	{ VENDOR_INTEL, 0x15b7, 0x15b8, ON_ANY, intel_nic }, /* I219 */
	{ VENDOR_INTEL, 0, 0xffff, ON_RCIEP,
		"Intel integrated endpoint: VT-d forbids it peer-to-peer" },
	{ 0x17cb, 0x0400, 0x0401, ON_ANY, qcom },
	ID(0x17cb, 0x0115, ON_ANY, qcom),
	ID(0x1dbf, 0x0401, ON_ANY, qcom),                          /* HXT */
	{ VENDOR_INTEL, 0x3b42, 0x3b51, ON_ROOT_PORT, intel_pch }, /* Ibex Peak */
	{ VENDOR_INTEL, 0x1c10, 0x1c1f, ON_ROOT_PORT, intel_pch }, /* Cougar Point */
	{ VENDOR_INTEL, 0x1e10, 0x1e1f, ON_ROOT_PORT, intel_pch }, /* Panther Point */
	{ VENDOR_INTEL, 0x8c10, 0x8c1f, ON_ROOT_PORT, intel_pch }, /* Lynx Point-H */
	{ VENDOR_INTEL, 0x9c10, 0x9c1b, ON_ROOT_PORT, intel_pch }, /* Lynx Point-LP */
	{ VENDOR_INTEL, 0x9c90, 0x9c9b, ON_ROOT_PORT, intel_pch }, /* Wildcat Point */
	ID(VENDOR_INTEL, 0x1d10, ON_ROOT_PORT, intel_pch),         /* Patsburg */
	ID(VENDOR_INTEL, 0x1d12, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x1d14, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x1d16, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x1d18, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x1d1a, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x1d1c, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x1d1e, ON_ROOT_PORT, intel_pch),
	{ VENDOR_INTEL, 0x8d10, 0x8d1e, ON_ROOT_PORT, intel_pch }, /* Wellsburg */
	ID(VENDOR_INTEL, 0x8c90, ON_ROOT_PORT, intel_pch),         /* Lynx Point, 9 series */
	ID(VENDOR_INTEL, 0x8c92, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x8c94, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x8c96, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x8c98, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x8c9a, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x8c9c, ON_ROOT_PORT, intel_pch),
	ID(VENDOR_INTEL, 0x8c9e, ON_ROOT_PORT, intel_pch),
	ID(0x19a2, 0x0710, ON_ANY, "Emulex BE3-R function without peer-to-peer"),
	ID(0x10df, 0x0720, ON_ANY, "Emulex Skyhawk-R function without peer-to-peer"),
	{ VENDOR_CAVIUM, 0xa000, 0xa7ff, ON_ROOT_PORT, cavium },
	ID(VENDOR_CAVIUM, 0xaf84, ON_ROOT_PORT, cavium),
	ID(VENDOR_CAVIUM, 0xb884, ON_ROOT_PORT, cavium),
	ID(VENDOR_CAVIUM, 0xa026, ON_ANY, cavium_fn),
	ID(VENDOR_CAVIUM, 0xa059, ON_ANY, cavium_fn),
	ID(VENDOR_CAVIUM, 0xa060, ON_ANY, cavium_fn),
	ID(0x10e8, 0xe004, ON_ANY, "X-Gene root port that isolates without an ACS capability"),
	{ 0x1def, 0xe005, 0xe00c, ON_ANY, ampere },
	ID(0x14e4, 0x16d7, ON_ANY, broadcom_nic),
	{ 0x14e4, 0x1750, 0x1752, ON_ANY, broadcom_nic },
	{ 0x14e4, 0x1760, 0x1763, ON_ANY, broadcom_nic },
	ID(0x14e4, 0xd714, ON_ANY,
		"Broadcom iProc root port that isolates without an ACS capability"),
	ID(0x0014, 0x3c09, ON_ANY, loongson),
	ID(0x0014, 0x3c19, ON_ANY, loongson),
	ID(0x0014, 0x3c29, ON_ANY, loongson),
	ID(0x0014, 0x7a09, ON_ANY, loongson),
	ID(0x0014, 0x7a19, ON_ANY, loongson),
	ID(0x0014, 0x7a29, ON_ANY, loongson),
	ID(0x0014, 0x7a39, ON_ANY, loongson),
	ID(0x0014, 0x7a49, ON_ANY, loongson),
	ID(0x0014, 0x7a59, ON_ANY, loongson),
	ID(0x0014, 0x7a69, ON_ANY, loongson),
	ID(0x1c36, 0x0031, ON_ROOT_PORT,
		"Annapurna root port that isolates without an ACS capability"),
	ID(0x1d17, 0x3038, ON_ANY, zhaoxin_fn),
	ID(0x1d17, 0x3104, ON_ANY, zhaoxin_fn),
	ID(0x1d17, 0x9083, ON_ANY, zhaoxin_fn),
	{ 0x1957, 0x8d80, 0x8d83, ON_ANY, nxp },
	{ 0x1957, 0x8d88, 0x8d8b, ON_ANY, nxp },
	{ 0x1957, 0x8d90, 0x8d93, ON_ANY, nxp },
	{ 0x1957, 0x8d98, 0x8d9b, ON_ANY, nxp },
	{ 0x1957, 0x8da0, 0x8da1, ON_ANY, nxp },
	{ 0x1957, 0x8da8, 0x8da9, ON_ANY, nxp },
	{ 0x1957, 0x8db0, 0x8db1, ON_ANY, nxp },
	{ 0x1957, 0x8db8, 0x8db9, ON_ANY, nxp },
	{ 0x1d17, 0x0710, 0x071e, ON_PORT, zhaoxin },
	ID(0x1d17, 0x0721, ON_PORT, zhaoxin),
	{ 0x1d17, 0x0723, 0x0752, ON_PORT, zhaoxin },
	{ 0x1d17, 0, 0xffff, ON_PORT_OPEN, "Zhaoxin port not known to isolate" },
	{ 0x8088, 0x0100, 0x010f, ON_ANY, wangxun },
	ID(0x8088, 0x1001, ON_ANY, wangxun),
	ID(0x8088, 0x2001, ON_ANY, wangxun),
	ID(0x8088, 0x5010, ON_ANY, wangxun),
	ID(0x8088, 0x5025, ON_ANY, wangxun),
	ID(0x8088, 0x5040, ON_ANY, wangxun),
	ID(0x8088, 0x5110, ON_ANY, wangxun),
	ID(0x8088, 0x5125, ON_ANY, wangxun),
	ID(0x8088, 0x5140, ON_ANY, wangxun),
	{ 0x8088, 0, 0xffff, ON_ANY_OPEN, "Wangxun function not known to isolate" },
};

static enum acs_verdict row_verdict(
	const struct host *host, const struct host_dev *dev, enum acs_scope scope)
{
	bool root_port = dev->pcie_type == PCI_EXP_TYPE_ROOT_PORT;
	bool port = root_port || dev->pcie_type == PCI_EXP_TYPE_DOWNSTREAM;

	switch (scope) {
	case ON_ANY:
		return ACS_ISOLATES;
	case ON_ROOT_PORT:
		return root_port ? ACS_ISOLATES : ACS_UNLISTED;
	case ON_PORT:
		return port ? ACS_ISOLATES : ACS_UNLISTED;
	case ON_RCIEP:
		return dev->pcie_type == PCI_EXP_TYPE_RC_END ? ACS_ISOLATES : ACS_UNLISTED;
	case ON_AMD_SB:
		return dev->multifunction && dev->parent == HOST_NONE && host->has_ivrs
			       ? ACS_ISOLATES
			       : ACS_UNLISTED;
	case ON_PORT_OPEN:
		return port ? ACS_OPEN : ACS_UNLISTED;
	case ON_ANY_OPEN:
		return ACS_OPEN;
	}
	return ACS_UNLISTED;
}

enum acs_verdict quirk_acs(const struct host *host, const struct host_dev *dev, const char **name)
{
	*name = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(acs_rows); i++) {
		const struct acs_row *row = &acs_rows[i];
		enum acs_verdict verdict;

		if (row->vendor != dev->vendor || dev->device < row->first ||
			dev->device > row->last)
			continue;
		verdict = row_verdict(host, dev, row->scope);
		if (verdict != ACS_UNLISTED) {
			*name = row->name;
			return verdict;
		}
	}
	return ACS_UNLISTED;
}

/*
 * Intel 100 and 200 series and their mobile variants, whose ACS registers are dwords instead of
 * words.
 */
static bool is_sunrise_point(const struct host_dev *dev)
{
	static const u16 range[][2] = {
		{ 0xa110, 0xa11f },
		{ 0xa167, 0xa16a },
		{ 0xa290, 0xa29f },
		{ 0xa2e7, 0xa2ee },
		{ 0x9d10, 0x9d1b },
	};

	if (dev->vendor != VENDOR_INTEL || dev->pcie_type != PCI_EXP_TYPE_ROOT_PORT)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(range); i++)
		if (dev->device >= range[i][0] && dev->device <= range[i][1])
			return true;
	return false;
}

bool quirk_acs_misplaced(const struct host_dev *dev, struct pci_acs *acs)
{
	if (!is_sunrise_point(dev) || !dev->acs.present)
		return false;
	*acs = dev->acs;
	/* A text does not show the register; Linux enables all bits if an IOMMU is on. */
	acs->ctrl = host_knows(dev, HOST_ACS_AT_8) ? dev->acs_at_8 : acs->cap & PCI_ACS_ISOLATION;
	return true;
}

static void add_devfns(struct devfn_map *map, unsigned first, unsigned count)
{
	for (unsigned devfn = first; devfn < first + count && devfn < 256; devfn++)
		map->bits[devfn / 64] |= BIT_ULL(devfn % 64);
}

enum alias_kind { ALIAS_FN0, ALIAS_FN1, ALIAS_DEV1, ALIAS_MIC, ALIAS_VCA, ALIAS_ALL };

static const struct alias_row {
	u16 vendor, device;
	u16 subvendor, subdevice; /* 0: any */
	enum alias_kind kind;
	const char *name;
} alias_rows[] = {
	{ 0x1180, 0xe832, 0, 0, ALIAS_FN0, "Ricoh: DMA under function 0's id" },
	{ 0x1180, 0xe476, 0, 0, ALIAS_FN0, "Ricoh: DMA under function 0's id" },
	{ 0x6766, 0x3d40, 0, 0, ALIAS_FN0, "Glenfly: DMA under function 0's id" },
	{ 0x6766, 0x3d41, 0, 0, ALIAS_FN0, "Glenfly: DMA under function 0's id" },
	{ 0x1b4b, 0x9120, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9123, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9125, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9128, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9130, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9170, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9172, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x917a, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9182, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9183, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x91a0, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9215, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9220, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9230, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1b4b, 0x9235, 0, 0, ALIAS_FN1, "Marvell SATA: DMA under function 1's id" },
	{ 0x1103, 0x0642, 0, 0, ALIAS_FN1, "HighPoint: DMA under function 1's id" },
	{ 0x1103, 0x0645, 0, 0, ALIAS_FN1, "HighPoint: DMA under function 1's id" },
	{ 0x197b, 0x2392, 0, 0, ALIAS_FN1, "JMicron JMB388: DMA under function 1's id" },
	{ 0x1c28, 0x0122, 0, 0, ALIAS_FN1, "Plextor M6e: DMA under function 1's id" },
	{ 0x9005, 0x0285, 0x9005, 0x02bb, ALIAS_DEV1, "Adaptec 3405: DMA as device 01.0" },
	{ 0x9005, 0x0285, 0x9005, 0x02bc, ALIAS_DEV1, "Adaptec 3805: DMA as device 01.0" },
	{ 0x8086, 0x2260, 0, 0, ALIAS_MIC, "Intel MIC x200: DMA under three foreign ids" },
	{ 0x8086, 0x2264, 0, 0, ALIAS_MIC, "Intel MIC x200: DMA under three foreign ids" },
	{ 0x8086, 0x2954, 0, 0, ALIAS_VCA, "Intel VCA: DMA under the ids of the far side" },
	{ 0x8086, 0x2955, 0, 0, ALIAS_VCA, "Intel VCA: DMA under the ids of the far side" },
	{ 0x8086, 0x2956, 0, 0, ALIAS_VCA, "Intel VCA: DMA under the ids of the far side" },
	{ 0x8086, 0x2958, 0, 0, ALIAS_VCA, "Intel VCA: DMA under the ids of the far side" },
	{ 0x8086, 0x2959, 0, 0, ALIAS_VCA, "Intel VCA: DMA under the ids of the far side" },
	{ 0x8086, 0x295a, 0, 0, ALIAS_VCA, "Intel VCA: DMA under the ids of the far side" },
	{ 0x10b5, 0x87b0, 0, 0, ALIAS_ALL, "PLX NTB: DMA under any id of its bus" },
	{ 0x10b5, 0x87b1, 0, 0, ALIAS_ALL, "PLX NTB: DMA under any id of its bus" },
};

static void fill_aliases(const struct host_dev *dev, enum alias_kind kind, struct devfn_map *map)
{
	switch (kind) {
	case ALIAS_FN0:
		add_devfns(map, dev->addr.dev << 3, 1);
		break;
	case ALIAS_FN1:
		add_devfns(map, dev->addr.dev << 3 | 1, 1);
		break;
	case ALIAS_DEV1:
		add_devfns(map, 1 << 3, 1);
		break;
	case ALIAS_MIC:
		add_devfns(map, 0x10 << 3, 1);
		add_devfns(map, 0x11 << 3, 1);
		add_devfns(map, 0x12 << 3 | 3, 1);
		break;
	case ALIAS_VCA:
		for (unsigned slot = 0; slot < 32; slot++)
			add_devfns(map, slot << 3, 5);
		break;
	case ALIAS_ALL:
		add_devfns(map, 0, 256);
		break;
	}
	/* Its own id is not an alias. */
	map->bits[pci_addr_devfn(dev->addr) / 64] &= ~BIT_ULL(pci_addr_devfn(dev->addr) % 64);
}

const char *quirk_dma_aliases(const struct host_dev *dev, struct devfn_map *map)
{
	*map = (struct devfn_map){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(alias_rows); i++) {
		const struct alias_row *row = &alias_rows[i];

		if (row->vendor != dev->vendor || row->device != dev->device)
			continue;
		if (row->subvendor &&
			(row->subvendor != dev->subvendor || row->subdevice != dev->subdevice))
			continue;
		fill_aliases(dev, row->kind, map);
		return row->name;
	}
	return NULL;
}

bool quirk_hidden_pcie_bridge(const struct host_dev *dev)
{
	static const struct {
		u16 vendor, device;
	} rows[] = {
		{ 0x1b21, 0x1080 },                     /* ASMedia ASM1083 */
		{ 0x10e3, 0x8113 },                     /* Tundra Tsi381 */
		{ 0x1283, 0x8892 },                     /* ITE */
		{ 0x1283, 0x8893 }, { 0x8086, 0x244e }, /* Intel 82801 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].vendor == dev->vendor && rows[i].device == dev->device)
			return dev->pcie_type == HOST_NONE;
	return false;
}

bool quirk_translates_at_bridge(const struct host_dev *dev)
{
	return dev->vendor == 0x14e4 && (dev->device == 0x9000 || dev->device == 0x9084);
}
