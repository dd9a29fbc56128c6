/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host that is itself a virtual machine: what runs it, and what its owner can do there. Its owner
 * has no firmware setup to turn on virtualisation or an IOMMU in. All advice about such settings
 * takes its words from here. Pure.
 */
#ifndef BASE_OUTER_H
#define BASE_OUTER_H

#include "base/types.h"

/* What runs this host. */
enum outer {
	OUTER_NONE, /* it is hardware, or that is not known */
	OUTER_KVM,  /* with QEMU, tenon, ... */
	OUTER_VMWARE,
	OUTER_HYPERV,
	OUTER_VIRTUALBOX,
	OUTER_CLOUD,
	OUTER_OTHER,
};

/*
 * Concludes it from the DMI names of vendor and product, which may be NULL, as systemd-detect-virt
 * does, and from the processor's flag "hypervisor", which only virtual processors have.
 */
enum outer outer_of(const char *vendor, const char *product, bool hypervisor_flag);

/* Where the host's settings are: "the firmware's setup", or the like for virtual machines. */
const char *outer_setup(enum outer outer);

/*
 * What has to be done for virtualisation, and for an IOMMU with interrupt remapping: sentences
 * without a full stop that begin with a capital. NULL for OUTER_NONE.
 */
const char *outer_kvm(enum outer outer);
const char *outer_iommu(enum outer outer);

#endif
