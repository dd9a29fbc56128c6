/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Linux knows about particular chips: ports that isolate without an ACS capability, devices
 * that do DMA under another function's id, PCIe bridges without a PCIe capability. Facts of
 * drivers/pci/quirks.c up to Linux 6.18, as tables. Pure.
 */
#ifndef HOST_GROUPS_QUIRKS_H
#define HOST_GROUPS_QUIRKS_H

#include "host/facts/host.h"

enum acs_verdict {
	ACS_UNLISTED, /* no quirk: the standard capability decides */
	ACS_ISOLATES,
	ACS_OPEN, /* the quirk says that it does not isolate */
};

/*
 * What a quirk says about @dev and PCI_ACS_ISOLATION. @name gets the quirk's name (a string
 * constant, "Intel PCH root port without ACS capability").
 */
enum acs_verdict quirk_acs(const struct host *host, const struct host_dev *dev, const char **name);

/*
 * For a port whose ACS control register is at a non-standard offset: returns true and its real
 * bits.
 */
bool quirk_acs_misplaced(const struct host_dev *dev, struct pci_acs *acs);

/*
 * The function numbers (device << 3 | function, on the same bus) under which @dev also does DMA,
 * as a bit map. Returns the quirk's name, NULL where there is none.
 */
struct devfn_map {
	u64 bits[4];
};
const char *quirk_dma_aliases(const struct host_dev *dev, struct devfn_map *map);

static inline bool devfn_in(const struct devfn_map *map, u8 devfn)
{
	return map->bits[devfn / 64] >> devfn % 64 & 1;
}

/* Whether a device is a PCIe-to-PCI bridge without a PCIe capability. */
bool quirk_hidden_pcie_bridge(const struct host_dev *dev);

/* Whether the IOMMU sees requester ids at this bridge and not above it (ThunderX2). */
bool quirk_translates_at_bridge(const struct host_dev *dev);

#endif
