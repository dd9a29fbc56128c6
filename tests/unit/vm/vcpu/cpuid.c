// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/cpuid.h"
#include "unit.h"

struct table {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[16];
};

static void add(struct table *t, u32 function, u32 index, u32 eax, u32 ebx, u32 ecx, u32 edx)
{
	t->entries[t->head.nent++] = (struct kvm_cpuid_entry2){
		.function = function,
		.index = index,
		.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.eax = eax,
		.ebx = ebx,
		.ecx = ecx,
		.edx = edx,
	};
}

static struct kvm_cpuid_entry2 *entry(struct table *t, u32 function, u32 index)
{
	struct kvm_cpuid_entry2 *e = cpuid_find(&t->head, function, index);

	assert_non_null(e);
	return e;
}

/* What KVM would say of an Intel host with 46 address bits. */
static struct table host(void)
{
	struct table t = { 0 };

	add(&t, 0x1, 0, 0x000906ea, 0x07100800, 0x7ffafbff, 0xbfebfbff);
	add(&t, 0x4, 0, 0x1c004121, 0x01c0003f, 0x3f, 0);
	add(&t, 0x4, 3, 0x1c03c163, 0x03c0003f, 0x2fff, 6);
	add(&t, 0x4, 4, 0, 0, 0, 0);
	add(&t, 0x6, 0, 0x14e7, 2, 9, 0);
	add(&t, 0xb, 0, 1, 2, 0x100, 7);
	add(&t, 0xb, 1, 4, 16, 0x201, 7);
	add(&t, 0xb, 2, 9, 9, 0x2, 7);
	add(&t, 0x80000008, 0, 0x302e, 0x100d000, 0, 0);
	return t;
}

/* Applies all of it to @t; the caller frees the result. */
static struct kvm_cpuid2 *made(const struct table *t, struct cpuid_config config, u32 apic_id)
{
	struct kvm_cpuid2 *cpuid = cpuid_make(&t->head, &config);

	assert_non_null(cpuid);
	cpuid_apply(cpuid, &config, apic_id);
	return cpuid;
}

static struct kvm_cpuid_entry2 *at(struct kvm_cpuid2 *cpuid, u32 function, u32 index)
{
	struct kvm_cpuid_entry2 *e = cpuid_find(cpuid, function, index);

	assert_non_null(e);
	return e;
}

static void each_cpu_has_its_identity(void **state)
{
	const struct cpuid_config config = {
		.topology = { 1, 6, 1 }, .phys_bits = 42, .tsc_deadline = true
	};
	struct table t = host();
	struct kvm_cpuid2 *cpuid;

	assert_int_equal(cpuid_phys_bits(&t.head), 46);
	cpuid = made(&t, config, 5);
	assert_int_equal(at(cpuid, 0x1, 0)->ebx >> 24, 5);
	assert_int_equal((at(cpuid, 0x1, 0)->ebx >> 16) & 0xff, 8);
	assert_int_equal(at(cpuid, 0x1, 0)->ebx & 0xffff, 0x0800);
	assert_true(at(cpuid, 0x1, 0)->ecx & BIT(31)); /* a hypervisor is there */
	assert_true(at(cpuid, 0x1, 0)->ecx & BIT(24));
	assert_int_equal(at(cpuid, 0xb, 0)->edx, 5);
	assert_int_equal(at(cpuid, 0xb, 0)->eax, 0);
	assert_int_equal(at(cpuid, 0xb, 1)->eax, 3);
	assert_int_equal(at(cpuid, 0xb, 1)->ebx, 6);
	assert_int_equal(at(cpuid, 0xb, 1)->ecx, 0x201);
	assert_int_equal(at(cpuid, 0xb, 2)->ebx, 0); /* no third level */
	assert_int_equal(at(cpuid, 0x80000008, 0)->eax, 0x302a);
	assert_int_equal(at(cpuid, 0x80000008, 0)->ecx, 3 << 12 | 5);
	free(cpuid);
}

/* KVM tells of these leaves and leaves them empty. */
static void the_host_names_the_processor(void **state)
{
	struct cpuid_config config = { .topology = { 1, 1, 1 }, .phys_bits = 42 };
	struct table t = host();
	struct kvm_cpuid2 *cpuid;

	memcpy(config.names, "A processor of the host, with its name in full..", 48);
	config.names[3][2] = 0x40020140;
	for (u32 i = 0; i < CPUID_NR_NAMES; i++)
		add(&t, CPUID_NAME_LEAF + i, 0, 0, 0, 0, 0);
	add(&t, CPUID_NAME_LEAF + CPUID_NR_NAMES, 0, 0, 0, 0, 0);
	cpuid = made(&t, config, 0);
	assert_memory_equal(&at(cpuid, 0x80000002, 0)->eax, "A processor of t", 16);
	assert_memory_equal(&at(cpuid, 0x80000004, 0)->eax, "s name in full..", 16);
	assert_int_equal(at(cpuid, 0x80000005, 0)->ecx, 0x40020140);
	assert_int_equal(at(cpuid, 0x80000006, 0)->ecx, 0);
	free(cpuid);

	entry(&t, 0x80000005, 0)->edx = 7; /* a kernel that does know */
	cpuid = made(&t, config, 0);
	assert_int_equal(at(cpuid, 0x80000005, 0)->ecx, 0);
	assert_int_equal(at(cpuid, 0x80000005, 0)->edx, 7);
	free(cpuid);

	t = host(); /* a processor without them */
	cpuid = made(&t, config, 0);
	assert_null(cpuid_find(cpuid, 0x80000002, 0));
	free(cpuid);
}

static void one_cpu_has_no_siblings(void **state)
{
	const struct cpuid_config config = { .topology = { 1, 1, 1 }, .phys_bits = 39 };
	struct table t = host();
	struct kvm_cpuid2 *cpuid;

	entry(&t, 0x1, 0)->ecx &= ~BIT(24);
	cpuid = made(&t, config, 0);
	assert_false(at(cpuid, 0x1, 0)->edx & BIT(28));
	assert_false(at(cpuid, 0x1, 0)->ecx & BIT(24));
	assert_int_equal(at(cpuid, 0x4, 3)->eax >> 14, 0);
	assert_int_equal(at(cpuid, 0xb, 1)->eax, 0);
	assert_int_equal(at(cpuid, 0xb, 1)->ebx, 1);
	assert_int_equal(at(cpuid, 0x80000008, 0)->eax & 0xff, 39);
	free(cpuid);
}

static void caches_are_shared_at_the_last_level_only(void **state)
{
	const struct cpuid_config config = { .topology = { 1, 4, 1 }, .phys_bits = 40 };
	struct table t = host();
	struct kvm_cpuid2 *cpuid = made(&t, config, 1);

	assert_int_equal((at(cpuid, 0x4, 0)->eax >> 14) & 0xfff, 0);
	assert_int_equal((at(cpuid, 0x4, 3)->eax >> 14) & 0xfff, 3);
	assert_int_equal(at(cpuid, 0x4, 3)->eax >> 26, 3);
	assert_int_equal(at(cpuid, 0x4, 3)->eax & 0x3fff, 0x1c03c163 & 0x3fff);
	assert_int_equal(at(cpuid, 0x4, 4)->eax, 0); /* the end of the list stays it */
	free(cpuid);
}

/* Two packages of three cores of two threads; the last thread of all. */
static void threads_and_packages_are_told(void **state)
{
	const struct cpuid_config config = { .topology = { 2, 3, 2 }, .phys_bits = 40 };
	struct table t = host();
	u32 id = topology_apic_id(&config.topology, 11);
	struct kvm_cpuid2 *cpuid;

	add(&t, 0x8000001d, 0, 0x121, 0, 0, 0);
	add(&t, 0x8000001d, 3, 0x1c163, 0, 0, 0);
	add(&t, 0x8000001e, 0, 0, 0, 0, 0);
	cpuid = made(&t, config, id);
	assert_int_equal(id, 1 << 3 | 2 << 1 | 1);
	assert_int_equal((at(cpuid, 0x1, 0)->ebx >> 16) & 0xff, 8);
	assert_int_equal(at(cpuid, 0xb, 0)->eax, 1);
	assert_int_equal(at(cpuid, 0xb, 0)->ebx, 2);
	assert_int_equal(at(cpuid, 0xb, 1)->eax, 3);
	assert_int_equal(at(cpuid, 0xb, 1)->ebx, 6);
	assert_int_equal((at(cpuid, 0x4, 0)->eax >> 14) & 0xfff, 1); /* a core's threads */
	assert_int_equal((at(cpuid, 0x4, 3)->eax >> 14) & 0xfff, 7); /* a package's ids */
	assert_int_equal(at(cpuid, 0x4, 3)->eax >> 26, 3);
	assert_int_equal(at(cpuid, 0x80000008, 0)->ecx, 3 << 12 | 5);
	assert_int_equal((at(cpuid, 0x8000001d, 0)->eax >> 14) & 0xfff, 1);
	assert_int_equal((at(cpuid, 0x8000001d, 3)->eax >> 14) & 0xfff, 5);
	assert_int_equal(at(cpuid, 0x8000001e, 0)->eax, id);
	assert_int_equal(at(cpuid, 0x8000001e, 0)->ebx, 1 << 8 | 6);
	assert_int_equal(at(cpuid, 0x8000001e, 0)->ecx, 1);
	free(cpuid);
}

/* Newer kernels give the first level of a topology, empty, and older ones another number. */
static void the_levels_of_the_topology_are_our_own(void **state)
{
	const struct cpuid_config config = { .topology = { 1, 4, 2 }, .phys_bits = 40 };
	struct table t = { 0 };
	struct kvm_cpuid2 *cpuid;

	add(&t, 0x1, 0, 0, 0, 0, 0);
	add(&t, 0xb, 0, 0, 0, 0, 3);
	add(&t, 0x1f, 0, 0, 0, 0, 3);
	cpuid = made(&t, config, 0);
	for (u32 leaf = 0xb; leaf <= 0x1f; leaf += 0x1f - 0xb) {
		assert_int_equal(at(cpuid, leaf, 0)->ecx, 0x100);
		assert_int_equal(at(cpuid, leaf, 1)->ecx, 0x201);
		assert_int_equal(at(cpuid, leaf, 1)->ebx, 8);
		assert_int_equal(at(cpuid, leaf, 2)->ecx, 2);
	}
	free(cpuid);
}

static void intel_has_no_fields_of_amd(void **state)
{
	const struct cpuid_config config = { .topology = { 1, 4, 1 }, .phys_bits = 40 };
	struct table t = host();
	struct kvm_cpuid2 *cpuid;

	add(&t, 0x80000001, 0, 0, 0, 0x121, 0);
	cpuid = made(&t, config, 0);
	assert_int_equal(at(cpuid, 0x80000001, 0)->ecx, 0x123);
	free(cpuid);
	add(&t, 0x0, 0, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69);
	cpuid = made(&t, config, 0);
	assert_int_equal(at(cpuid, 0x80000001, 0)->ecx, 0x121);
	assert_int_equal(at(cpuid, 0x80000008, 0)->ecx, 0);
	free(cpuid);
}

/* KVM's leaves as it supports them. */
static struct table kvm_host(void)
{
	struct table t = host();

	add(&t, 0x40000000, 0, 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d);
	add(&t, 0x40000001, 0, 0x01007efb, 0, 0, 0);
	return t;
}

/* What KVM supports of Hyper-V, all of it. */
static struct table hyperv_host(void)
{
	struct table t = { 0 };

	add(&t, 0x40000000, 0, 0x40000082, 0, 0, 0);
	add(&t, 0x40000003, 0, 0x2a7f, 0x30, 0, 0x84d14);
	add(&t, 0x40000004, 0, 0x44e24, 0xfff, 0, 0);
	add(&t, 0x4000000a, 0, 0xa0101, 0, 0, 0);
	return t;
}

static struct cpuid_config hyperv_config(const char *vendor)
{
	struct cpuid_config config = { .topology = { 1, 1, 1 }, .phys_bits = 40, .hyperv = true };
	struct hyperv_wish wish = { .vendor = vendor };
	struct table t = hyperv_host();
	struct err err = { 0 };

	assert_int_equal(hyperv_leaves(&t.head, &wish, config.hyperv_leaves, &err), 0);
	return config;
}

/* The text that leaf @leaf gives in EBX, ECX, EDX. */
static void assert_vendor(struct kvm_cpuid2 *cpuid, u32 leaf, const char *expected)
{
	struct kvm_cpuid_entry2 *e = at(cpuid, leaf, 0);
	char text[13] = "";

	memcpy(text, &e->ebx, 4);
	memcpy(text + 4, &e->ecx, 4);
	memcpy(text + 8, &e->edx, 4);
	assert_string_equal(text, expected);
}

static void hiding_leaves_no_trace_of_kvm(void **state)
{
	struct cpuid_config config = { .topology = { 1, 1, 1 }, .phys_bits = 40 };
	struct table t = kvm_host();
	struct kvm_cpuid2 *cpuid = made(&t, config, 0);

	assert_vendor(cpuid, 0x40000000, "KVMKVMKVM");
	assert_true(at(cpuid, 0x1, 0)->ecx & BIT(31));
	free(cpuid);

	config.hidden = true;
	cpuid = made(&t, config, 0);
	for (u32 i = 0; i < cpuid->nent; i++)
		assert_int_not_equal(cpuid->entries[i].function >> 28, 4);
	assert_false(at(cpuid, 0x1, 0)->ecx & BIT(31));
	free(cpuid);
}

static void hyperv_stands_before_kvm(void **state)
{
	struct table t = kvm_host();
	struct kvm_cpuid2 *cpuid = made(&t, hyperv_config(HYPERV_VENDOR), 0);

	assert_vendor(cpuid, 0x40000000, "Microsoft Hv");
	assert_int_equal(at(cpuid, 0x40000000, 0)->eax, 0x40000005);
	assert_int_equal(at(cpuid, 0x40000001, 0)->eax, 0x31237648);
	assert_vendor(cpuid, 0x40000100, "KVMKVMKVM");
	assert_int_equal(at(cpuid, 0x40000100, 0)->eax, 0x40000101);
	assert_int_equal(at(cpuid, 0x40000101, 0)->eax, 0x01007efb);
	free(cpuid);
}

static void hyperv_alone_needs_the_bit(void **state)
{
	struct cpuid_config config = hyperv_config("GenuineIntel");
	struct table t = kvm_host();
	struct kvm_cpuid2 *cpuid;

	config.hidden = true;
	cpuid = made(&t, config, 0);
	assert_vendor(cpuid, 0x40000000, "GenuineIntel");
	assert_true(at(cpuid, 0x1, 0)->ecx & BIT(31));
	assert_null(cpuid_find(cpuid, 0x40000100, 0));
	assert_null(cpuid_find(cpuid, 0x40000101, 0));
	free(cpuid);
}

static void hyperv_offers_what_kvm_has(void **state)
{
	struct cpuid_config config = hyperv_config("x");
	struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES];
	struct hyperv_wish wish = { .vendor = "x" };
	struct table t = hyperv_host();
	struct err err = { 0 };

	/* Not the reset and crash registers, nor what only a nested machine wants. */
	assert_int_equal(config.hyperv_leaves[3].eax, 0xa7f & ~0x80);
	assert_int_equal(config.hyperv_leaves[3].edx, 0x84110);
	assert_int_equal(config.hyperv_leaves[4].eax, 0x40e24);
	assert_int_equal(config.hyperv_leaves[4].ebx, 0xffffffff);
	assert_int_equal(config.hyperv_leaves[10].eax, 0);
	assert_false(hyperv_has_evmcs(config.hyperv_leaves));

	entry(&t, 0x40000003, 0)->eax &= ~BIT(11);
	entry(&t, 0x40000003, 0)->edx = 0;
	entry(&t, 0x40000004, 0)->eax = BIT(5);
	assert_int_equal(hyperv_leaves(&t.head, &wish, leaves, &err), 0);
	assert_int_equal(leaves[3].eax, 0x27f);
	assert_int_equal(leaves[3].edx, 0);
	assert_int_equal(leaves[4].eax, BIT(5));

	entry(&t, 0x40000003, 0)->eax &= ~BIT(3);
	assert_true(hyperv_leaves(&t.head, &wish, leaves, &err) < 0);
	assert_string_equal(
		err.text, "this host's KVM lacks synthetic timers of the Hyper-V interface");
	wish.vendor = "";
	assert_true(hyperv_leaves(&t.head, &wish, leaves, &err) < 0);
	wish.vendor = "thirteenchars";
	assert_true(hyperv_leaves(&t.head, &wish, leaves, &err) < 0);
}

/* For Windows' own hypervisor: its memory integrity and WSL2 run on it. */
static void hyperv_of_a_guest_with_guests(void **state)
{
	struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES];
	struct hyperv_wish wish = { .vendor = "x", .nested = true };
	struct table t = hyperv_host();
	struct err err = { 0 };

	assert_int_equal(hyperv_leaves(&t.head, &wish, leaves, &err), 0);
	assert_false(leaves[3].eax & ~0x2a7fu);
	assert_true(leaves[3].eax & BIT(13));
	assert_int_equal(leaves[0].eax, 0x4000000a);
	assert_int_equal(leaves[10].function, 0x4000000a);
	assert_true(hyperv_has_evmcs(leaves));
	assert_int_equal(leaves[10].eax, 0xa0101);

	/* On AMD there is none, but the rest. */
	entry(&t, 0x4000000a, 0)->eax = 0xa0000;
	assert_int_equal(hyperv_leaves(&t.head, &wish, leaves, &err), 0);
	assert_false(hyperv_has_evmcs(leaves));
	assert_int_equal(leaves[10].eax, 0xa0000);
	entry(&t, 0x4000000a, 0)->eax = 0x101;
	entry(&t, 0x40000004, 0)->eax &= ~BIT(14);
	assert_int_equal(hyperv_leaves(&t.head, &wish, leaves, &err), 0);
	assert_int_equal(leaves[10].eax, 0);
	assert_int_equal(leaves[0].eax, 0x40000005);
}

/* KVM says so of hosts without SMT, and tenon of vCPUs that have cores of their own. */
static void hyperv_tells_of_cores_that_nobody_shares(void **state)
{
	struct kvm_cpuid_entry2 leaves[HYPERV_NR_LEAVES];
	struct hyperv_wish wish = { .vendor = "x" };
	struct table t = hyperv_host();
	struct err err = { 0 };

	entry(&t, 0x40000004, 0)->eax &= ~BIT(18);
	assert_int_equal(hyperv_leaves(&t.head, &wish, leaves, &err), 0);
	assert_false(leaves[4].eax & BIT(18));
	wish.own_cores = true;
	assert_int_equal(hyperv_leaves(&t.head, &wish, leaves, &err), 0);
	assert_true(leaves[4].eax & BIT(18));
}

static void counts_are_completed(void **state)
{
	static const struct {
		struct topology given;
		unsigned nr;
		struct topology full; /* sockets 0: refused */
	} cases[] = {
		{ { 0, 0, 0 }, 6, { 1, 6, 1 } },
		{ { 0, 0, 2 }, 6, { 1, 3, 2 } },
		{ { 2, 0, 2 }, 8, { 2, 2, 2 } },
		{ { 0, 2, 0 }, 8, { 4, 2, 1 } },
		{ { 2, 2, 2 }, 8, { 2, 2, 2 } },
		{ { 0, 0, 2 }, 5, { 0 } },
		{ { 3, 0, 0 }, 4, { 0 } },
		{ { 8, 0, 0 }, 4, { 0 } },
		{ { 0, 8, 0 }, 4, { 0 } },
		{ { 1024, 1024, 1024 }, 4, { 0 } },
		{ { 0, 0, 0 }, 255, { 1, 255, 1 } },
		{ { 0, 0, 0 }, 256, { 0 } },
		/* 48 cores of 5 threads: ids have 6 bits and 3. */
		{ { 0, 0, 5 }, 240, { 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct topology t = cases[i].given;
		struct err err = { 0 };
		int ret = topology_complete(&t, cases[i].nr, &err);

		assert_int_equal(ret == 0, cases[i].full.sockets != 0);
		if (ret) {
			assert_memory_equal(&t, &cases[i].given, sizeof(t));
			continue;
		}
		assert_memory_equal(&t, &cases[i].full, sizeof(t));
		assert_int_equal(topology_cpus(&t), cases[i].nr);
	}
}

static void apic_ids_are_unique_and_rise(void **state)
{
	const struct topology t = { 3, 3, 2 };

	for (unsigned cpu = 1; cpu < topology_cpus(&t); cpu++)
		assert_true(topology_apic_id(&t, cpu) > topology_apic_id(&t, cpu - 1));
	assert_int_equal(topology_apic_id(&t, 6), 8); /* the second socket */
}

/* What lets a guest run guests of its own, and the counters. */
static void test_contained(void **state)
{
	struct table t = { 0 };
	struct cpuid_config config = { .topology = { 1, 1, 1 }, .phys_bits = 46 };
	struct kvm_cpuid2 *cpuid;

	add(&t, 0x1, 0, 0, 0, BIT(5) | BIT(15), 0);
	add(&t, 0xa, 0, 0x7300404, 0, 0, 0x603);
	add(&t, 0x80000001, 0, 0, 0, BIT(2) | BIT(23) | BIT(24) | BIT(28), 0);
	add(&t, 0x8000000a, 0, 1, 8, 0, 0xff);
	add(&t, 0x80000022, 0, 1, 6, 0, 0);
	cpuid = made(&t, config, 0);
	assert_int_equal(at(cpuid, 0x1, 0)->ecx & (BIT(5) | BIT(15)), BIT(15));
	assert_int_equal(at(cpuid, 0xa, 0)->eax, 0x7300404);
	assert_int_equal(at(cpuid, 0x80000001, 0)->ecx, BIT(23) | BIT(24) | BIT(28));
	assert_int_equal(at(cpuid, 0x8000000a, 0)->eax, 0);
	free(cpuid);
	config.nested = config.no_pmu = true;
	cpuid = made(&t, config, 0);
	assert_int_equal(at(cpuid, 0x1, 0)->ecx & (BIT(5) | BIT(15)), BIT(5));
	assert_int_equal(at(cpuid, 0xa, 0)->eax | at(cpuid, 0xa, 0)->edx, 0);
	assert_int_equal(at(cpuid, 0x80000001, 0)->ecx, BIT(2));
	assert_int_equal(at(cpuid, 0x8000000a, 0)->edx, 0xff);
	assert_int_equal(at(cpuid, 0x80000022, 0)->ebx, 0);
	free(cpuid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contained),
		cmocka_unit_test(each_cpu_has_its_identity),
		cmocka_unit_test(the_host_names_the_processor),
		cmocka_unit_test(one_cpu_has_no_siblings),
		cmocka_unit_test(caches_are_shared_at_the_last_level_only),
		cmocka_unit_test(threads_and_packages_are_told),
		cmocka_unit_test(the_levels_of_the_topology_are_our_own),
		cmocka_unit_test(intel_has_no_fields_of_amd),
		cmocka_unit_test(hiding_leaves_no_trace_of_kvm),
		cmocka_unit_test(hyperv_stands_before_kvm),
		cmocka_unit_test(hyperv_alone_needs_the_bit),
		cmocka_unit_test(hyperv_offers_what_kvm_has),
		cmocka_unit_test(hyperv_of_a_guest_with_guests),
		cmocka_unit_test(hyperv_tells_of_cores_that_nobody_shares),
		cmocka_unit_test(counts_are_completed),
		cmocka_unit_test(apic_ids_are_unique_and_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
