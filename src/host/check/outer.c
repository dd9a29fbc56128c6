// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Advice for a host that is itself a virtual machine: its own host, not its firmware, must provide
 * virtualisation and an IOMMU.
 */
#include "host/check/check_internal.h"

#define ITSELF "this host is itself a virtual machine (%s). "

static const struct {
	const char *kvm, *iommu;
} advice[] = {
	[PLATFORM_OUTER_KVM] = {
		"On the host that runs it, load kvm_intel or kvm_amd with nested=1, and start it "
		"with -cpu host (libvirt: <cpu mode='host-passthrough'/>)",
		"On the host that runs it, give it one: QEMU's -machine q35,kernel-irqchip=split "
		"-device intel-iommu,intremap=on,caching-mode=on (libvirt: <iommu "
		"model='intel'>); here, boot with intel_iommu=on",
	},
	[PLATFORM_OUTER_VMWARE] = {
		"In its settings there, turn on \"Expose hardware assisted virtualization to the "
		"guest OS\"",
		"In its settings there, turn on \"Expose IOMMU to the guest OS\"; here, boot with "
		"intel_iommu=on",
	},
	[PLATFORM_OUTER_HYPERV] = {
		"There, run Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true",
		"Hyper-V gives virtual machines no IOMMU that VFIO could use: run on hardware",
	},
	[PLATFORM_OUTER_VIRTUALBOX] = {
		"There, run VBoxManage modifyvm NAME --nested-hw-virt on",
		"There, run VBoxManage modifyvm NAME --chipset ich9 --iommu intel; here, boot with "
		"intel_iommu=on",
	},
	[PLATFORM_OUTER_CLOUD] = {
		"Rent a kind of machine with nested virtualisation, or a bare-metal one",
		"Rent a bare-metal machine: virtual ones have no IOMMU that VFIO could use",
	},
	[PLATFORM_OUTER_OTHER] = {
		"The host that runs it has to offer nested virtualisation",
		"The host that runs it has to give it an IOMMU with interrupt remapping",
	},
};

const char *look_setup(const struct look *look)
{
	return look->platform && look->platform->outer
		       ? "this virtual machine's settings on the host that runs it"
		       : "the firmware's setup";
}

bool fix_outer_kvm(struct look *look)
{
	const struct platform *platform = look->platform;

	if (!platform || !platform->outer)
		return false;
	fix(look, ITSELF "%s", platform->outer_evidence, advice[platform->outer].kvm);
	return true;
}

bool fix_outer_iommu(struct look *look)
{
	const struct platform *platform = look->platform;

	if (!platform || !platform->outer)
		return false;
	fix(look, ITSELF "%s", platform->outer_evidence, advice[platform->outer].iommu);
	return true;
}
