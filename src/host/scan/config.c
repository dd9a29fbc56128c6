// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/config.h"

#include <linux/pci_regs.h>

#include "base/bytes.h"
#include "pci/caps.h"

/* Ids that read as all ones: no power, no link, or a virtual function. */
#define NO_ID 0xffff

static void decode_ids(struct host_dev *dev)
{
	const u8 *config = dev->config;

	/* A virtual function has no ids of its own (SR-IOV 3.4.1.1). */
	if (get_le16(config + PCI_VENDOR_ID) != NO_ID) {
		dev->vendor = get_le16(config + PCI_VENDOR_ID);
		dev->device = get_le16(config + PCI_DEVICE_ID);
		dev->known |= HOST_IDS;
	}
	dev->revision = config[PCI_REVISION_ID];
	dev->class = get_le32(config + PCI_CLASS_REVISION) >> 8;
	dev->known |= HOST_CLASS;
	if (dev->header == PCI_HEADER_TYPE_NORMAL) {
		dev->subvendor = get_le16(config + PCI_SUBSYSTEM_VENDOR_ID);
		dev->subdevice = get_le16(config + PCI_SUBSYSTEM_ID);
		dev->known |= HOST_SUBSYSTEM;
	}
}

static void decode_header(struct host_dev *dev)
{
	const u8 *config = dev->config;

	dev->header = config[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK;
	dev->multifunction = config[PCI_HEADER_TYPE] & 0x80 && !dev->vf;
	dev->bridge =
		dev->header == PCI_HEADER_TYPE_BRIDGE || dev->header == PCI_HEADER_TYPE_CARDBUS;
	dev->known |= HOST_HEADER;
	if (dev->bridge) {
		/* At the same offset in both header types. */
		dev->secondary = config[PCI_SECONDARY_BUS];
		dev->subordinate = config[PCI_SUBORDINATE_BUS];
		dev->known |= HOST_BUSES;
	}
}

static void decode_sriov(struct host_dev *dev)
{
	unsigned pos = pci_ext_cap_find(
		dev->config, dev->config_size, PCI_EXT_CAP_ID_SRIOV, PCI_SRIOV_VF_DID + 2);
	const u8 *cap = dev->config + pos;

	if (!pos)
		return;
	dev->sriov = (struct host_sriov){
		.present = true,
		.total = get_le16(cap + PCI_SRIOV_TOTAL_VF),
		.offset = get_le16(cap + PCI_SRIOV_VF_OFFSET),
		.stride = get_le16(cap + PCI_SRIOV_VF_STRIDE),
		.vf_device = get_le16(cap + PCI_SRIOV_VF_DID),
	};
	if (get_le16(cap + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE)
		dev->sriov.enabled = get_le16(cap + PCI_SRIOV_NUM_VF);
}

/* Some ports have their control register here; a quirk needs it. */
static void decode_acs_at_8(struct host_dev *dev)
{
	unsigned pos = pci_ext_cap_find(dev->config, dev->config_size, PCI_EXT_CAP_ID_ACS, 12);

	if (!pos)
		return;
	dev->acs_at_8 = get_le16(dev->config + pos + 8);
	dev->known |= HOST_ACS_AT_8;
}

static void decode_pcie(struct host_dev *dev, bool complete)
{
	bool lists = get_le16(dev->config + PCI_STATUS) & PCI_STATUS_CAP_LIST;
	unsigned pos = pci_cap_find(dev->config, dev->config_size, PCI_CAP_ID_EXP, 4);

	if (lists && dev->config_size < 256)
		return;
	dev->known |= HOST_PCIE;
	if (!pos) {
		dev->pcie_type = HOST_NONE;
		dev->acs = (struct pci_acs){ 0 };
		dev->known |= HOST_ACS | HOST_ACS_BITS;
		return;
	}
	dev->pcie_type = (get_le16(dev->config + pos + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4;
	dev->has_slot = get_le16(dev->config + pos + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT;
	dev->link = pci_link_read(dev->config, dev->config_size);
	dev->known |= HOST_LINK;
	if (dev->config_size < PCI_CONFIG_SIZE && !complete)
		return;
	dev->acs = pci_acs_read(dev->config, dev->config_size);
	decode_acs_at_8(dev);
	dev->known |= HOST_ACS | HOST_ACS_BITS;
	decode_sriov(dev);
}

void scan_config(struct host_dev *dev, bool complete)
{
	const u8 *config = dev->config;

	if (dev->config_size < PCI_STD_HEADER_SIZEOF)
		return;
	dev->known |= HOST_CONFIG;
	if (config[PCI_HEADER_TYPE] == 0xff && get_le16(config + PCI_VENDOR_ID) == NO_ID) {
		dev->removed = true;
		return;
	}
	decode_header(dev);
	decode_ids(dev);
	decode_pcie(dev, complete);
}
