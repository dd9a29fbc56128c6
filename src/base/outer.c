// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/outer.h"

#include <string.h>

/* How the DMI vendor and product begin; NULL: any. */
static const struct {
	const char *vendor, *product;
	enum outer outer;
	bool surely; /* no hardware has that name */
} makers[] = {
	{ "QEMU", NULL, OUTER_KVM, true },
	{ NULL, "KVM", OUTER_KVM, true },
	{ "Tenon", NULL, OUTER_KVM, true },
	{ "OpenStack", NULL, OUTER_KVM, true },
	{ "Red Hat", "KVM", OUTER_KVM, true },
	{ "VMware", NULL, OUTER_VMWARE, true },
	{ "innotek GmbH", NULL, OUTER_VIRTUALBOX, true },
	{ NULL, "VirtualBox", OUTER_VIRTUALBOX, true },
	{ "Microsoft Corporation", "Virtual Machine", OUTER_HYPERV, true },
	{ "Xen", NULL, OUTER_OTHER, true },
	{ "Bochs", NULL, OUTER_OTHER, true },
	{ "BHYVE", NULL, OUTER_OTHER, true },
	{ "Parallels", NULL, OUTER_OTHER, true },
	/* These clouds have bare-metal instances, too. */
	{ "Amazon EC2", NULL, OUTER_CLOUD, false },
	{ "Google", NULL, OUTER_CLOUD, false },
};

static bool begins(const char *text, const char *with)
{
	return !with || (text && !strncmp(text, with, strlen(with)));
}

enum outer outer_of(const char *vendor, const char *product, bool hypervisor_flag)
{
	for (unsigned i = 0; i < ARRAY_SIZE(makers); i++) {
		if (!begins(vendor, makers[i].vendor) || !begins(product, makers[i].product))
			continue;
		if (makers[i].surely || hypervisor_flag)
			return makers[i].outer;
		break;
	}
	return hypervisor_flag ? OUTER_OTHER : OUTER_NONE;
}

static const struct {
	const char *kvm, *iommu;
} advice[] = {
	[OUTER_KVM] = {
		"On the host that runs it, load kvm_intel or kvm_amd with nested=1, and start it "
		"with -cpu host (libvirt: <cpu mode='host-passthrough'/>)",
		"On the host that runs it, give it one: QEMU's -machine q35,kernel-irqchip=split "
		"-device intel-iommu,intremap=on,caching-mode=on (libvirt: <iommu "
		"model='intel'>); here, boot with intel_iommu=on",
	},
	[OUTER_VMWARE] = {
		"In its settings there, turn on \"Expose hardware assisted virtualization to the "
		"guest OS\"",
		"In its settings there, turn on \"Expose IOMMU to the guest OS\"; here, boot with "
		"intel_iommu=on",
	},
	[OUTER_HYPERV] = {
		"There, run Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true",
		"Hyper-V gives virtual machines no IOMMU that VFIO could use: run on hardware",
	},
	[OUTER_VIRTUALBOX] = {
		"There, run VBoxManage modifyvm NAME --nested-hw-virt on",
		"There, run VBoxManage modifyvm NAME --chipset ich9 --iommu intel; here, boot with "
		"intel_iommu=on",
	},
	[OUTER_CLOUD] = {
		"Rent a kind of machine with nested virtualisation, or a bare-metal one",
		"Rent a bare-metal machine: virtual ones have no IOMMU that VFIO could use",
	},
	[OUTER_OTHER] = {
		"The host that runs it has to offer nested virtualisation",
		"The host that runs it has to give it an IOMMU with interrupt remapping",
	},
};

const char *outer_setup(enum outer outer)
{
	return outer ? "this virtual machine's settings on the host that runs it"
		     : "the firmware's setup";
}

const char *outer_kvm(enum outer outer)
{
	return advice[outer].kvm;
}

const char *outer_iommu(enum outer outer)
{
	return advice[outer].iommu;
}
