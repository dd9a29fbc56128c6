// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/groups/isolation.h"

#include <linux/pci_regs.h>

#include "host/groups/quirks.h"

static bool is_downstream(int type)
{
	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM ||
	       type == PCI_EXP_TYPE_PCIE_BRIDGE;
}

int isolation_port_type(const struct host *host, const struct host_dev *dev)
{
	const struct host_dev *parent = host_parent(host, dev);

	if (!parent)
		return dev->pcie_type;
	/* Some switches swap upstream and downstream; a downstream port cannot be below another. */
	if (dev->pcie_type == PCI_EXP_TYPE_DOWNSTREAM && is_downstream(parent->pcie_type))
		return PCI_EXP_TYPE_UPSTREAM;
	if (dev->pcie_type == PCI_EXP_TYPE_UPSTREAM && parent->pcie_type == PCI_EXP_TYPE_UPSTREAM)
		return PCI_EXP_TYPE_DOWNSTREAM;
	return dev->pcie_type;
}

static void judge_acs(const struct host *host, const struct host_dev *dev, struct isolation *is)
{
	struct pci_acs acs = dev->acs;

	if (!host_knows(dev, HOST_ACS)) {
		is->reason = ISOLATION_UNKNOWN;
		is->lacks = HOST_ACS;
		return;
	}
	if (!acs.present) {
		is->reason = NO_ISOLATION_NO_ACS;
		return;
	}
	/*
	 * lspci -v names the capability without its registers. Linux enables all bits that it
	 * offers.
	 */
	if (!host_knows(dev, HOST_ACS_BITS)) {
		is->isolates = true;
		is->reason = ISOLATION_ASSUMED;
		is->lacks = HOST_ACS_BITS;
		return;
	}
	if (quirk_acs_misplaced(dev, &acs))
		is->quirk = "Intel 100/200 series root port: its ACS control lies at offset 8";
	is->missing = pci_acs_missing(acs, PCI_ACS_ISOLATION);
	is->isolates = !is->missing || host->acs_untouched;
	is->reason = !is->missing   ? ISOLATION_ACS
		     : is->isolates ? ISOLATION_WITH_IOMMU
				    : NO_ISOLATION_ACS_OFF;
}

/* Applies the standard's rule for each type of device (PCIe 6.12.1). */
static void judge_type(const struct host *host, const struct host_dev *dev, struct isolation *is)
{
	switch (is->pcie_type) {
	case HOST_NONE:
	case PCI_EXP_TYPE_PCI_BRIDGE:
	case PCI_EXP_TYPE_PCIE_BRIDGE:
	case PCI_EXP_TYPE_RC_EC:
		is->reason = NO_ISOLATION_CONVENTIONAL;
		return;
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
		judge_acs(host, dev, is);
		return;
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_RC_END:
		if (dev->multifunction) {
			judge_acs(host, dev, is);
			return;
		}
		break;
	default:
		break;
	}
	is->isolates = true;
	is->reason = dev->vf ? ISOLATION_VIRTUAL : ISOLATION_SINGLE;
}

struct isolation isolation_of(const struct host *host, const struct host_dev *dev)
{
	struct isolation is = {
		.pcie_type = isolation_port_type(host, dev),
		.restricted = host->restricted,
	};

	switch (quirk_acs(host, dev, &is.quirk)) {
	case ACS_ISOLATES:
		is.isolates = true;
		is.reason = ISOLATION_QUIRK;
		return is;
	case ACS_OPEN:
		is.reason = NO_ISOLATION_QUIRK;
		return is;
	case ACS_UNLISTED:
		break;
	}
	if (!host_knows(dev, HOST_PCIE)) {
		is.reason = ISOLATION_UNKNOWN;
		is.lacks = HOST_PCIE;
		return is;
	}
	judge_type(host, dev, &is);
	return is;
}
