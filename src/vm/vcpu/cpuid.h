/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID says to the guest: what KVM supports on this host, with the identity, topology and
 * hypervisor of this machine's processors. Pure functions over tables of entries.
 *
 * Who looks for a hypervisor reads bit 31 of leaf 1 ECX and then leaf 40000000h. That leaf is
 * KVM's as a rule; Hyper-V's with @hyperv, and KVM's then stands at 40000100h. With @hidden there
 * is none of KVM's, and without @hyperv the bit is clear, as on a real machine.
 *
 * Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
 */
#ifndef VM_VCPU_CPUID_H
#define VM_VCPU_CPUID_H

#include <linux/kvm.h>

#include "base/types.h"
#include "vm/vcpu/hyperv.h"
#include "vm/vcpu/topology.h"

/* Its name in three leaves, and on AMD the caches next to a core. */
#define CPUID_NAME_LEAF 0x80000002
#define CPUID_NR_NAMES  4

struct cpuid_config {
	struct topology topology;
	unsigned phys_bits; /* the guest's physical address width */
	bool tsc_deadline;  /* the LAPIC timer has a deadline mode */
	bool hidden;        /* nothing tells of KVM */
	bool nested;        /* the guest may run guests: VMX, SVM */
	bool no_pmu;        /* no performance counters */
	bool hyperv;        /* @hyperv_leaves are shown */
	struct kvm_cpuid_entry2 hyperv_leaves[HYPERV_NR_LEAVES];
	/* EAX to EDX of the host's leaves from CPUID_NAME_LEAF on, shown where KVM has nothing. */
	u32 names[CPUID_NR_NAMES][4];
};

/*
 * The entries that all vCPUs have in common: @supported by KVM, with the leaves of the hypervisor
 * and of the topology as @config wants them. The caller frees it. NULL without memory.
 */
struct kvm_cpuid2 *cpuid_make(
	const struct kvm_cpuid2 *supported, const struct cpuid_config *config);

/* @cpuid: from cpuid_make(), changed in place into what the vCPU with @apic_id shows. */
void cpuid_apply(struct kvm_cpuid2 *cpuid, const struct cpuid_config *config, u32 apic_id);

/* Bytes of @cpuid with its entries. */
size_t cpuid_size(const struct kvm_cpuid2 *cpuid);

/* The physical address width that @cpuid tells; 36 where it does not. */
unsigned cpuid_phys_bits(const struct kvm_cpuid2 *cpuid);

/* The name of the processor's maker, leaf 0, NUL-terminated; "" where @cpuid has no such leaf. */
void cpuid_vendor(const struct kvm_cpuid2 *cpuid, char vendor[13]);

struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, u32 function, u32 index);

#endif
