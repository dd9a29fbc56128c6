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

#define HYPERV_NR_LEAVES  11 /* 40000000h to 4000000Ah */
#define HYPERV_VENDOR     "Microsoft Hv"
#define HYPERV_VENDOR_MAX 12

struct hyperv_wish {
	const char *vendor; /* 1 to 12 characters; Windows accepts any, Linux only HYPERV_VENDOR */
	bool nested;        /* also what a hypervisor in the guest needs, as Windows' own is */
	/* vCPUs share a core of the host only with their siblings in the guest, and nobody else. */
	bool own_cores;
};

/*
 * Writes the leaves to @leaves. @supported: the result of KVM_GET_SUPPORTED_HV_CPUID. -ENOTSUP:
 * @err names what Windows needs and KVM lacks.
 */
int hyperv_leaves(const struct kvm_cpuid2 *supported, const struct hyperv_wish *wish,
	struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES], struct err *err);

/* Whether the leaves tell of enlightened VMCSs, which KVM has to be told, too. */
bool hyperv_has_evmcs(const struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES]);

#endif
