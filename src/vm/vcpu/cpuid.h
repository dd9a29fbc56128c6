/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID shows the guest: what KVM supports on this host, with the name, topology and
 * hypervisor leaves of this machine. Pure functions over tables of entries.
 *
 * A guest that looks for a hypervisor reads bit 31 of leaf 1 ECX, and then leaf 40000000h. Normally
 * that leaf is KVM's; with @hyperv it is Hyper-V's, and KVM's moves to 40000100h. With @hidden
 * KVM's leaves are left out, and without @hyperv the bit is clear, too, as on a physical machine.
 *
 * Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
 */
#ifndef VM_VCPU_CPUID_H
#define VM_VCPU_CPUID_H

#include <linux/kvm.h>

#include "base/types.h"
#include "vm/vcpu/hyperv.h"
#include "vm/vcpu/topology.h"

/* The processor's name in three leaves, and on AMD L1 cache data in the next one. */
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
	/* EAX to EDX of the host's leaves from CPUID_NAME_LEAF on, used where KVM's are empty. */
	u32 names[CPUID_NR_NAMES][4];
};

/*
 * Builds the entries that all vCPUs share: those that KVM supports, with hypervisor and topology
 * leaves as @config says. The caller frees it. NULL if there is no memory.
 */
struct kvm_cpuid2 *cpuid_make(
	const struct kvm_cpuid2 *supported, const struct cpuid_config *config);

/* Changes @cpuid, a copy of cpuid_make()'s, into the entries of the vCPU with @apic_id. */
void cpuid_apply(struct kvm_cpuid2 *cpuid, const struct cpuid_config *config, u32 apic_id);

/* The size of @cpuid with its entries, in bytes. */
size_t cpuid_size(const struct kvm_cpuid2 *cpuid);

/* The physical address width in @cpuid; 36 if it has none. */
unsigned cpuid_phys_bits(const struct kvm_cpuid2 *cpuid);

/* The processor's vendor id, leaf 0, NUL-terminated; "" if @cpuid has no such leaf. */
void cpuid_vendor(const struct kvm_cpuid2 *cpuid, char vendor[13]);

struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, u32 function, u32 index);

#endif
