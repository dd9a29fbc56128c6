/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUID leaves that tell Windows of the Hyper-V enlightenments in KVM: timers without exits,
 * and interrupts and TLB flushes with the hypervisor's help. Pure functions over a table.
 *
 * Microsoft, Hypervisor Top Level Functional Specification 6.0, 2.4 to 2.5.
 */
#ifndef VM_VCPU_HYPERV_H
#define VM_VCPU_HYPERV_H

#include <linux/kvm.h>

#include "base/err.h"
#include "base/types.h"

#define HYPERV_NR_LEAVES  6 /* 40000000h to 40000005h */
#define HYPERV_VENDOR     "Microsoft Hv"
#define HYPERV_VENDOR_MAX 12

/*
 * Writes the leaves to @leaves. @supported: the result of KVM_GET_SUPPORTED_HV_CPUID. @vendor: 1 to
 * 12 characters; Windows accepts any, Linux only HYPERV_VENDOR. -ENOTSUP: @err names what Windows
 * needs and KVM lacks.
 */
int hyperv_leaves(const struct kvm_cpuid2 *supported, const char *vendor,
	struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES], struct err *err);

#endif
