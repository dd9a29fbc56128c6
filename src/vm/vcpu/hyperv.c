// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/hyperv.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define LEAF_VENDOR         0x40000000
#define LEAF_INTERFACE      0x40000001
#define LEAF_VERSION        0x40000002
#define LEAF_FEATURES       0x40000003
#define LEAF_HINTS          0x40000004
#define LEAF_LIMITS         0x40000005
#define LEAF_NESTED         0x4000000a
#define INTERFACE           0x31237648 /* "Hv#1" */
#define VERSION_BUILD       14393
#define VERSION_NUMBER      (10 << 16 | 0)
#define NEVER_SPIN          0xffffffffu /* never notify the hypervisor of spinlock retries */
#define MAX_PROCESSORS      1024
#define FEATURE_VPRUN       BIT(0)
#define FEATURE_TIMEREF     BIT(1)
#define FEATURE_SYNIC       BIT(2)
#define FEATURE_STIMER      BIT(3)
#define FEATURE_APIC        BIT(4)
#define FEATURE_CALL        BIT(5)
#define FEATURE_INDEX       BIT(6)
#define FEATURE_TSC         BIT(9)
#define FEATURE_FREQ        BIT(11)
#define FEATURE_REENLIGHTEN BIT(13)
#define MISC_XMM            BIT(4)
#define MISC_FREQ           BIT(8)
#define MISC_FLUSH_RANGES   BIT(14)
#define MISC_DIRECT         BIT(19)
#define HINT_FLUSH          BIT(2)
#define HINT_RELAXED        BIT(5)
#define HINT_NO_AUTO_EOI    BIT(9) /* auto EOI would disable APICv and AVIC */
#define HINT_IPI            BIT(10)
#define HINT_MANY           BIT(11)
#define HINT_EVMCS          BIT(14)
#define HINT_OWN_CORES      BIT(18) /* no core sharing that the topology does not show */
#define EVMCS_VERSIONS      0xffff  /* of leaf 4000000Ah: highest and lowest */
#define NESTED_FLUSH        BIT(17)
#define NESTED_MSR_BITMAP   BIT(19)

enum reg { EAX, EDX };

/*
 * The features offered to Windows. Those that KVM lacks are left out, or are an error if @must is
 * set.
 */
static const struct {
	u32 leaf;
	enum reg reg;
	u32 bits;
	const char *must; /* its name in the error; NULL: it is optional */
	bool nested;      /* only for guests that run guests */
} wanted[] = {
	{ LEAF_FEATURES, EAX, FEATURE_TIMEREF, "reference time" },
	{ LEAF_FEATURES, EAX, FEATURE_SYNIC, "synthetic interrupts" },
	{ LEAF_FEATURES, EAX, FEATURE_STIMER, "synthetic timers" },
	{ LEAF_FEATURES, EAX, FEATURE_CALL, "hypercalls" },
	{ LEAF_FEATURES, EAX, FEATURE_INDEX, "processor indices" },
	{ LEAF_FEATURES, EAX, FEATURE_TSC, "a reference TSC" },
	{ LEAF_FEATURES, EAX, FEATURE_VPRUN },
	{ LEAF_FEATURES, EAX, FEATURE_APIC },
	{ LEAF_FEATURES, EAX, FEATURE_FREQ },
	{ LEAF_FEATURES, EDX, MISC_XMM },
	{ LEAF_FEATURES, EDX, MISC_FREQ },
	{ LEAF_FEATURES, EDX, MISC_FLUSH_RANGES },
	{ LEAF_FEATURES, EDX, MISC_DIRECT },
	{ LEAF_HINTS, EAX, HINT_RELAXED, "relaxed timing" },
	{ LEAF_HINTS, EAX, HINT_NO_AUTO_EOI },
	{ LEAF_HINTS, EAX, HINT_FLUSH },
	{ LEAF_HINTS, EAX, HINT_IPI },
	{ LEAF_HINTS, EAX, HINT_MANY },
	{ LEAF_HINTS, EAX, HINT_OWN_CORES },
	{ LEAF_FEATURES, EAX, FEATURE_REENLIGHTEN, .nested = true },
	{ LEAF_HINTS, EAX, HINT_EVMCS, .nested = true },
	{ LEAF_NESTED, EAX, EVMCS_VERSIONS, .nested = true },
	{ LEAF_NESTED, EAX, NESTED_FLUSH, .nested = true },
	{ LEAF_NESTED, EAX, NESTED_MSR_BITMAP, .nested = true },
};

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *cpuid, u32 leaf)
{
	for (u32 i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == leaf)
			return &cpuid->entries[i];
	return NULL;
}

static void fill_vendor(
	struct kvm_cpuid_entry2 *leaf, const char *vendor, const struct kvm_cpuid_entry2 *nested)
{
	u8 bytes[HYPERV_VENDOR_MAX] = { 0 };

	memcpy(bytes, vendor, strnlen(vendor, sizeof(bytes)));
	leaf->eax = nested->eax ? LEAF_NESTED : LEAF_LIMITS;
	leaf->ebx = get_le32(bytes);
	leaf->ecx = get_le32(bytes + 4);
	leaf->edx = get_le32(bytes + 8);
}

static int fill_features(const struct kvm_cpuid2 *supported, bool nested,
	struct kvm_cpuid_entry2 *leaves, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct kvm_cpuid_entry2 *kvm = find(supported, wanted[i].leaf);
		struct kvm_cpuid_entry2 *leaf = &leaves[wanted[i].leaf - LEAF_VENDOR];
		bool eax = wanted[i].reg == EAX;
		u32 found = !kvm ? 0 : (eax ? kvm->eax : kvm->edx) & wanted[i].bits;

		if (wanted[i].nested && !nested)
			continue;
		*(eax ? &leaf->eax : &leaf->edx) |= found;
		if (!found && wanted[i].must)
			return err_set(err, ENOTSUP,
				"this host's KVM lacks %s of the Hyper-V interface",
				wanted[i].must);
	}
	return 0;
}

/* A guest must not be told of enlightened VMCSs without their versions, nor of these alone. */
static void match_evmcs(struct kvm_cpuid_entry2 *leaves)
{
	struct kvm_cpuid_entry2 *hints = &leaves[LEAF_HINTS - LEAF_VENDOR];
	struct kvm_cpuid_entry2 *nested = &leaves[LEAF_NESTED - LEAF_VENDOR];

	if (!(nested->eax & EVMCS_VERSIONS))
		hints->eax &= ~HINT_EVMCS;
	if (!(hints->eax & HINT_EVMCS))
		nested->eax &= ~(u32)EVMCS_VERSIONS;
}

bool hyperv_has_evmcs(const struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES])
{
	return leaves[LEAF_HINTS - LEAF_VENDOR].eax & HINT_EVMCS;
}

int hyperv_leaves(const struct kvm_cpuid2 *supported, const struct hyperv_wish *wish,
	struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES], struct err *err)
{
	int ret;

	if (!*wish->vendor || strlen(wish->vendor) > HYPERV_VENDOR_MAX)
		return err_set(err, EINVAL, "a Hyper-V vendor has 1 to %d characters, not '%s'",
			HYPERV_VENDOR_MAX, wish->vendor);
	for (u32 i = 0; i < HYPERV_NR_LEAVES; i++)
		leaves[i] = (struct kvm_cpuid_entry2){ .function = LEAF_VENDOR + i };
	leaves[LEAF_INTERFACE - LEAF_VENDOR].eax = INTERFACE;
	leaves[LEAF_VERSION - LEAF_VENDOR].eax = VERSION_BUILD;
	leaves[LEAF_VERSION - LEAF_VENDOR].ebx = VERSION_NUMBER;
	leaves[LEAF_HINTS - LEAF_VENDOR].ebx = NEVER_SPIN;
	leaves[LEAF_LIMITS - LEAF_VENDOR].eax = MAX_PROCESSORS;
	leaves[LEAF_LIMITS - LEAF_VENDOR].ebx = MAX_PROCESSORS;
	ret = fill_features(supported, wish->nested, leaves, err);
	if (ret)
		return ret;
	if (wish->own_cores)
		leaves[LEAF_HINTS - LEAF_VENDOR].eax |= HINT_OWN_CORES;
	match_evmcs(leaves);
	fill_vendor(&leaves[0], wish->vendor, &leaves[LEAF_NESTED - LEAF_VENDOR]);
	return 0;
}
