/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID says to the guest: what KVM supports on this host, with the identity and topology
 * of this machine's processors. Pure functions over a table of entries.
 *
 * Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
 */
#ifndef VM_VCPU_CPUID_H
#define VM_VCPU_CPUID_H

#include <linux/kvm.h>

#include "base/types.h"

struct cpuid_config {
	unsigned nr_cpus;
	unsigned phys_bits; /* the guest's physical address width */
	bool tsc_deadline;  /* the LAPIC timer has a deadline mode */
};

/* @cpuid: as KVM supports it, changed in place into what vCPU @id shows. */
void cpuid_apply(struct kvm_cpuid2 *cpuid, const struct cpuid_config *config, u32 id);

/* The physical address width that @cpuid tells; 36 where it does not. */
unsigned cpuid_phys_bits(const struct kvm_cpuid2 *cpuid);

struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, u32 function, u32 index);

#endif
