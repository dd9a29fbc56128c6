// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/cpuid.h"

#include <string.h>

#define LEAF_FEATURES      0x1
#define LEAF_CACHE         0x4
#define LEAF_POWER         0x6
#define LEAF_TOPOLOGY      0xb
#define LEAF_TOPOLOGY_V2   0x1f
#define LEAF_AMD_FEATURES  0x80000001
#define LEAF_ADDRESS_SIZES 0x80000008
#define LEAF_AMD_CACHE     0x8000001d
#define LEAF_AMD_TOPOLOGY  0x8000001e

#define FEATURES_ECX_X2APIC       BIT(21)
#define FEATURES_ECX_TSC_DEADLINE BIT(24)
#define FEATURES_ECX_HYPERVISOR   BIT(31)
#define FEATURES_EDX_HTT          BIT(28)
#define AMD_ECX_CMP_LEGACY        BIT(1)
#define AMD_ECX_TOPOEXT           BIT(22)

#define TOPOLOGY_LEVEL_SMT  1
#define TOPOLOGY_LEVEL_CORE 2

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

unsigned cpuid_phys_bits(const struct kvm_cpuid2 *cpuid)
{
	for (u32 i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == LEAF_ADDRESS_SIZES)
			return cpuid->entries[i].eax & 0xff;
	return DEFAULT_PHYS_BITS;
}

/* How many low bits of an APIC id number @nr things. */
static unsigned id_bits(unsigned nr)
{
	unsigned bits = 0;

	while ((1u << bits) < nr)
		bits++;
	return bits;
}

static void apply_features(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 id)
{
	unsigned ids = 1u << id_bits(config->nr_cpus);

	e->ebx = (e->ebx & 0xffff) | id << 24 | (ids > 255 ? 255 : ids) << 16;
	e->ecx |= FEATURES_ECX_X2APIC | FEATURES_ECX_HYPERVISOR;
	if (config->tsc_deadline)
		e->ecx |= FEATURES_ECX_TSC_DEADLINE;
	if (config->nr_cpus > 1)
		e->edx |= FEATURES_EDX_HTT;
	else
		e->edx &= ~FEATURES_EDX_HTT;
}

/* One package of single-threaded cores. */
static void apply_topology(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 id)
{
	e->eax = e->ebx = 0;
	e->ecx = e->index & 0xff;
	e->edx = id;
	if (e->index == 0) {
		e->ebx = 1;
		e->ecx |= TOPOLOGY_LEVEL_SMT << 8;
	} else if (e->index == 1) {
		e->eax = id_bits(config->nr_cpus);
		e->ebx = config->nr_cpus;
		e->ecx |= TOPOLOGY_LEVEL_CORE << 8;
	}
}

/* Bits 31:26 count the cores of a package, 25:14 who shares the cache: only the last level is. */
static void apply_cache(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config)
{
	unsigned level = (e->eax >> 5) & 7;
	unsigned cores = 1u << id_bits(config->nr_cpus);
	unsigned sharing = level >= 3 ? cores : 1;

	if (!(e->eax & 0x1f))
		return;
	e->eax &= 0x3fff;
	e->eax |= (sharing - 1) << 14 | ((cores > 64 ? 64 : cores) - 1) << 26;
}

static void apply_amd_cache(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config)
{
	unsigned level = (e->eax >> 5) & 7;

	if (!(e->eax & 0x1f))
		return;
	e->eax &= 0x3fff;
	if (level >= 3)
		e->eax |= (config->nr_cpus - 1) << 14;
}

static void apply_entry(struct kvm_cpuid_entry2 *e, const struct cpuid_config *config, u32 id)
{
	switch (e->function) {
	case LEAF_FEATURES:
		apply_features(e, config, id);
		break;
	case LEAF_CACHE:
		apply_cache(e, config);
		break;
	case LEAF_POWER:
		/* Frequency hints mean nothing to a guest; ARAT is the LAPIC timer's. */
		e->eax &= BIT(2);
		e->ebx = e->edx = 0;
		e->ecx &= ~BIT(3);
		break;
	case LEAF_TOPOLOGY:
	case LEAF_TOPOLOGY_V2:
		apply_topology(e, config, id);
		break;
	case LEAF_AMD_FEATURES:
		if (config->nr_cpus > 1)
			e->ecx |= AMD_ECX_CMP_LEGACY;
		break;
	case LEAF_ADDRESS_SIZES:
		e->eax = (e->eax & 0xff00) | config->phys_bits;
		e->ecx = id_bits(config->nr_cpus) << 12 | (config->nr_cpus - 1);
		break;
	case LEAF_AMD_CACHE:
		apply_amd_cache(e, config);
		break;
	case LEAF_AMD_TOPOLOGY:
		e->eax = id;
		e->ebx = id & 0xff;
		e->ecx = 0;
		break;
	}
}

void cpuid_apply(struct kvm_cpuid2 *cpuid, const struct cpuid_config *config, u32 id)
{
	for (u32 i = 0; i < cpuid->nent; i++)
		apply_entry(&cpuid->entries[i], config, id);
}
