// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/cpuid.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define LEAF_VENDOR        0x0
#define LEAF_FEATURES      0x1
#define LEAF_CACHE         0x4
#define LEAF_POWER         0x6
#define LEAF_PMU           0xa
#define LEAF_TOPOLOGY      0xb
#define LEAF_TOPOLOGY_V2   0x1f
#define LEAF_HYPERVISOR    0x40000000
#define LEAF_AMD_FEATURES  0x80000001
#define LEAF_ADDRESS_SIZES 0x80000008
#define LEAF_SVM           0x8000000a
#define LEAF_AMD_CACHE     0x8000001d
#define LEAF_AMD_TOPOLOGY  0x8000001e
#define LEAF_AMD_PMU       0x80000022

/* Each hypervisor has a range of 256 leaves; the first range begins at 40000000h. */
#define HYPERVISOR_LEAVES 0x100
#define HYPERVISOR_END    0x40010000

#define FEATURES_ECX_VMX          BIT(5)
#define FEATURES_ECX_PDCM         BIT(15)
#define FEATURES_ECX_X2APIC       BIT(21)
#define FEATURES_ECX_TSC_DEADLINE BIT(24)
#define FEATURES_ECX_HYPERVISOR   BIT(31)
#define FEATURES_EDX_HTT          BIT(28)
#define AMD_ECX_CMP_LEGACY        BIT(1)
#define AMD_ECX_SVM               BIT(2)
#define AMD_ECX_PERFCTR           (BIT(23) | BIT(24) | BIT(28))

#define TOPOLOGY_LEVEL_SMT  1
#define TOPOLOGY_LEVEL_CORE 2
#define NR_TOPOLOGY_LEVELS  3 /* the last one marks the end */

#define DEFAULT_PHYS_BITS 36

struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, u32 function, u32 index)
{
	for (u32 i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == function &&
			(!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index))
			return e;
	}
	return NULL;
}

static const struct kvm_cpuid_entry2 *find_leaf(const struct kvm_cpuid2 *cpuid, u32 function)
{
	return cpuid_find((struct kvm_cpuid2 *)cpuid, function, 0);
}

size_t cpuid_size(const struct kvm_cpuid2 *cpuid)
{
	return sizeof(*cpuid) + cpuid->nent * sizeof(cpuid->entries[0]);
}

unsigned cpuid_phys_bits(const struct kvm_cpuid2 *cpuid)
{
	const struct kvm_cpuid_entry2 *e = find_leaf(cpuid, LEAF_ADDRESS_SIZES);

	return e ? e->eax & 0xff : DEFAULT_PHYS_BITS;
}

void cpuid_vendor(const struct kvm_cpuid2 *cpuid, char vendor[13])
{
	const struct kvm_cpuid_entry2 *e = find_leaf(cpuid, LEAF_VENDOR);

	memset(vendor, 0, 13);
	if (!e)
		return;
	put_le32(vendor, e->ebx);
	put_le32(vendor + 4, e->edx);
	put_le32(vendor + 8, e->ecx);
}

static bool of_hypervisor(u32 function)
{
	return function >= LEAF_HYPERVISOR && function < HYPERVISOR_END;
}

static void add(struct kvm_cpuid2 *cpuid, struct kvm_cpuid_entry2 entry)
{
	cpuid->entries[cpuid->nent++] = entry;
}

/*
 * KVM reports at most one level of topology, and newer versions report an empty one. So add all
 * levels here.
 */
static void add_topology(struct kvm_cpuid2 *cpuid, u32 function)
{
	for (u32 level = 0; level < NR_TOPOLOGY_LEVELS; level++)
		add(cpuid, (struct kvm_cpuid_entry2){ .function = function,
				   .index = level,
				   .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX });
}

static void add_hypervisor(struct kvm_cpuid2 *cpuid, const struct kvm_cpuid_entry2 *kvm,
	const struct cpuid_config *config)
{
	struct kvm_cpuid_entry2 moved = *kvm;

	if (config->hidden)
		return;
	if (config->hyperv) {
		moved.function += HYPERVISOR_LEAVES;
		/* EAX of the first leaf is the number of the last one. */
		if (kvm->function == LEAF_HYPERVISOR && kvm->eax)
			moved.eax += HYPERVISOR_LEAVES;
		else if (kvm->function == LEAF_HYPERVISOR)
			moved.eax = LEAF_HYPERVISOR + HYPERVISOR_LEAVES + 1;
	}
	add(cpuid, moved);
}

/* KVM supports these leaves but reports them empty; the last one only up to Linux 6.1. */
static void add_named(struct kvm_cpuid2 *cpuid, const struct kvm_cpuid_entry2 *kvm,
	const struct cpuid_config *config)
{
	struct kvm_cpuid_entry2 named = *kvm;
	u32 leaf = kvm->function - CPUID_NAME_LEAF;

	if (leaf < CPUID_NR_NAMES && !(kvm->eax | kvm->ebx | kvm->ecx | kvm->edx)) {
		named.eax = config->names[leaf][0];
		named.ebx = config->names[leaf][1];
		named.ecx = config->names[leaf][2];
		named.edx = config->names[leaf][3];
	}
	add(cpuid, named);
}

struct kvm_cpuid2 *cpuid_make(const struct kvm_cpuid2 *supported, const struct cpuid_config *config)
{
	size_t room = supported->nent + 2 * NR_TOPOLOGY_LEVELS + HYPERV_NR_LEAVES;
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + room * sizeof(cpuid->entries[0]));

	if (!cpuid)
		return NULL;
	for (u32 i = 0; i < supported->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &supported->entries[i];

		if (of_hypervisor(e->function))
			add_hypervisor(cpuid, e, config);
		else if (e->function != LEAF_TOPOLOGY && e->function != LEAF_TOPOLOGY_V2)
			add_named(cpuid, e, config);
	}
	if (find_leaf(supported, LEAF_TOPOLOGY))
		add_topology(cpuid, LEAF_TOPOLOGY);
	if (find_leaf(supported, LEAF_TOPOLOGY_V2))
		add_topology(cpuid, LEAF_TOPOLOGY_V2);
	for (u32 i = 0; i < HYPERV_NR_LEAVES && config->hyperv; i++)
		add(cpuid, config->hyperv_leaves[i]);
	return cpuid;
}

static unsigned package_ids(const struct cpuid_config *config)
{
	return 1u << topology_package_bits(&config->topology);
}

static unsigned package_cpus(const struct cpuid_config *config)
{
	return config->topology.cores * config->topology.threads;
}

static void apply_features(
	struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 apic_id)
{
	unsigned ids = package_ids(config);

	e->ebx = (e->ebx & 0xffff) | apic_id << 24 | (ids > 255 ? 255 : ids) << 16;
	e->ecx |= FEATURES_ECX_X2APIC | FEATURES_ECX_HYPERVISOR;
	if (config->hidden && !config->hyperv)
		e->ecx &= ~FEATURES_ECX_HYPERVISOR;
	if (!config->nested)
		e->ecx &= ~FEATURES_ECX_VMX;
	if (config->no_pmu)
		e->ecx &= ~FEATURES_ECX_PDCM;
	if (config->tsc_deadline)
		e->ecx |= FEATURES_ECX_TSC_DEADLINE;
	if (package_cpus(config) > 1)
		e->edx |= FEATURES_EDX_HTT;
	else
		e->edx &= ~FEATURES_EDX_HTT;
}

static void apply_topology(
	struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 apic_id)
{
	e->eax = e->ebx = 0;
	e->ecx = e->index & 0xff;
	e->edx = apic_id;
	if (e->index == 0) {
		e->eax = topology_thread_bits(&config->topology);
		e->ebx = config->topology.threads;
		e->ecx |= TOPOLOGY_LEVEL_SMT << 8;
	} else if (e->index == 1) {
		e->eax = topology_package_bits(&config->topology);
		e->ebx = package_cpus(config);
		e->ecx |= TOPOLOGY_LEVEL_CORE << 8;
	}
}

/*
 * Bits 31:26 give the core ids in a package, 25:14 the ids that share the cache: a package shares
 * the last level cache, a core the others.
 */
static void apply_cache(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config)
{
	unsigned level = (e->eax >> 5) & 7;
	unsigned threads = 1u << topology_thread_bits(&config->topology);
	unsigned cores = package_ids(config) / threads;
	unsigned sharing = level >= 3 ? package_ids(config) : threads;

	if (!(e->eax & 0x1f))
		return;
	e->eax &= 0x3fff;
	e->eax |= (sharing - 1) << 14 | ((cores > 64 ? 64 : cores) - 1) << 26;
}

static void apply_amd_cache(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config)
{
	unsigned level = (e->eax >> 5) & 7;
	unsigned sharing = level >= 3 ? package_cpus(config) : config->topology.threads;

	if (!(e->eax & 0x1f))
		return;
	e->eax &= 0x3fff;
	e->eax |= (sharing - 1) << 14;
}

static void apply_amd_topology(
	struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 apic_id)
{
	u32 core = apic_id >> topology_thread_bits(&config->topology);

	e->eax = apic_id;
	e->ebx = (config->topology.threads - 1) << 8 | (core & 0xff);
	e->ecx = (apic_id >> topology_package_bits(&config->topology)) & 0xff;
}

static void apply_entry(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 apic_id)
{
	switch (e->function) {
	case LEAF_FEATURES:
		apply_features(e, config, apic_id);
		break;
	case LEAF_CACHE:
		apply_cache(e, config);
		break;
	case LEAF_POWER:
		/* A guest has no use for frequency hints; ARAT is about the LAPIC timer. */
		e->eax &= BIT(2);
		e->ebx = e->edx = 0;
		e->ecx &= ~BIT(3);
		break;
	case LEAF_TOPOLOGY:
	case LEAF_TOPOLOGY_V2:
		apply_topology(e, config, apic_id);
		break;
	case LEAF_PMU:
	case LEAF_AMD_PMU:
		if (config->no_pmu)
			e->eax = e->ebx = e->ecx = e->edx = 0;
		break;
	case LEAF_SVM:
		if (!config->nested)
			e->eax = e->ebx = e->ecx = e->edx = 0;
		break;
	case LEAF_AMD_FEATURES:
		if (package_cpus(config) > 1)
			e->ecx |= AMD_ECX_CMP_LEGACY;
		if (!config->nested)
			e->ecx &= ~AMD_ECX_SVM;
		if (config->no_pmu)
			e->ecx &= ~(u32)AMD_ECX_PERFCTR;
		break;
	case LEAF_ADDRESS_SIZES:
		e->eax = (e->eax & 0xff00) | config->phys_bits;
		e->ecx = topology_package_bits(&config->topology) << 12 |
			 ((package_cpus(config) - 1) & 0xff);
		break;
	case LEAF_AMD_CACHE:
		apply_amd_cache(e, config);
		break;
	case LEAF_AMD_TOPOLOGY:
		apply_amd_topology(e, config, apic_id);
		break;
	}
}

/* Intel reserves these fields. */
static void clear_amd_topology(struct kvm_cpuid2 *cpuid)
{
	struct kvm_cpuid_entry2 *features = cpuid_find(cpuid, LEAF_AMD_FEATURES, 0);
	struct kvm_cpuid_entry2 *sizes = cpuid_find(cpuid, LEAF_ADDRESS_SIZES, 0);

	if (features)
		features->ecx &= ~AMD_ECX_CMP_LEGACY;
	if (sizes)
		sizes->ecx = 0;
}

void cpuid_apply(struct kvm_cpuid2 *cpuid, const struct cpuid_config *config, u32 apic_id)
{
	char vendor[13];

	for (u32 i = 0; i < cpuid->nent; i++)
		apply_entry(&cpuid->entries[i], config, apic_id);
	cpuid_vendor(cpuid, vendor);
	if (!strcmp(vendor, "GenuineIntel"))
		clear_amd_topology(cpuid);
}
