// SPDX-License-Identifier: GPL-2.0-or-later
/* The descriptions and the stable names of the reasons for groups. */
#include <linux/pci_regs.h>
#include <stdio.h>

#include "host/groups/why.h"

const char *why_reason_name(enum join_reason reason)
{
	static const char *const names[] = {
		[JOIN_FIRST] = "isolated",
		[JOIN_BRIDGE_ID] = "requester-id-of-bridge",
		[JOIN_SHARED_ID] = "shared-requester-id",
		[JOIN_VMD] = "behind-vmd",
		[JOIN_PORT] = "port-does-not-isolate",
		[JOIN_FUNCTIONS] = "functions-without-acs",
		[JOIN_NOT_TRANSLATED] = "not-translated",
		[JOIN_UNKNOWN] = "unknown",
	};

	return names[reason];
}

const char *why_difference_name(enum why_difference difference)
{
	static const char *const names[] = {
		[WHY_SAME] = "none",
		[WHY_OVERRIDE] = "acs-override",
		[WHY_MISSING_FACTS] = "missing-facts",
		[WHY_FINER] = "kernel-separates",
		[WHY_COARSER] = "kernel-joins",
	};

	return names[difference];
}

const char *why_isolation_name(enum isolation_reason reason)
{
	static const char *const names[] = {
		[ISOLATION_ACS] = "acs",
		[ISOLATION_SINGLE] = "single-function",
		[ISOLATION_QUIRK] = "quirk",
		[ISOLATION_VIRTUAL] = "virtual-function",
		[ISOLATION_WITH_IOMMU] = "acs-with-iommu",
		[ISOLATION_ASSUMED] = "acs-assumed",
		[NO_ISOLATION_ACS_OFF] = "acs-off",
		[NO_ISOLATION_NO_ACS] = "no-acs",
		[NO_ISOLATION_CONVENTIONAL] = "conventional-pci",
		[NO_ISOLATION_QUIRK] = "quirk-open",
		[ISOLATION_UNKNOWN] = "unknown",
	};

	return names[reason];
}

const char *why_kind(const struct host *host, const struct host_dev *dev)
{
	if (!host_knows(dev, HOST_PCIE))
		return dev->bridge ? "bridge" : "device";
	switch (isolation_port_type(host, dev)) {
	case PCI_EXP_TYPE_ROOT_PORT:
		return "root port";
	case PCI_EXP_TYPE_UPSTREAM:
		return "upstream port of a switch";
	case PCI_EXP_TYPE_DOWNSTREAM:
		return "downstream port of a switch";
	case PCI_EXP_TYPE_PCI_BRIDGE:
		return "PCIe-to-PCI bridge";
	case PCI_EXP_TYPE_PCIE_BRIDGE:
		return "PCI-to-PCIe bridge";
	case PCI_EXP_TYPE_RC_END:
		return "integrated endpoint";
	case PCI_EXP_TYPE_RC_EC:
		return "event collector";
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
		return dev->vf ? "virtual function" : "endpoint";
	default:
		return dev->bridge ? "conventional PCI bridge" : "conventional PCI device";
	}
}

char *why_isolation(const struct isolation *is, char text[WHY_ISOLATION_TEXT])
{
	char bits[PCI_ACS_TEXT_SIZE], words[PCI_ACS_WORDS_SIZE];
	const char *plain = "";

	switch (is->reason) {
	case ISOLATION_ACS:
		plain = "all that its ACS capability offers is on";
		break;
	case ISOLATION_SINGLE:
		plain = "it has no sibling functions to reach";
		break;
	case ISOLATION_VIRTUAL:
		plain = "it is a virtual function";
		break;
	case ISOLATION_WITH_IOMMU:
		plain = "it has an ACS capability that is off now; Linux switches it on when it "
			"finds an IOMMU";
		break;
	case ISOLATION_ASSUMED:
		plain = "it has an ACS capability, whose bits the source does not show; Linux sets "
			"them";
		break;
	case ISOLATION_QUIRK:
	case NO_ISOLATION_QUIRK:
		plain = is->quirk;
		break;
	case NO_ISOLATION_NO_ACS:
		plain = "it has no ACS capability";
		break;
	case NO_ISOLATION_CONVENTIONAL:
		plain = is->pcie_type == HOST_NONE
				? "it has no PCIe capability of its own, and on conventional PCI "
				  "nothing isolates"
			: is->pcie_type == PCI_EXP_TYPE_RC_EC
				? "it is an event collector, for which the kernel asks no ACS"
				: "it is a bridge between PCIe and conventional PCI, where nothing "
				  "isolates";
		break;
	case ISOLATION_UNKNOWN:
		snprintf(text, WHY_ISOLATION_TEXT, "its %s %s",
			is->lacks & HOST_PCIE ? "capabilities" : "extended capabilities",
			is->restricted ? "take root to read: try sudo" : "are not in the source");
		return text;
	case NO_ISOLATION_ACS_OFF:
		snprintf(text, WHY_ISOLATION_TEXT, "its ACS leaves %s (%s) off",
			pci_acs_words(is->missing, words), pci_acs_text(is->missing, bits));
		return text;
	}
	snprintf(text, WHY_ISOLATION_TEXT, "%s", plain);
	return text;
}
