// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"
#include "vm/vcpu/cpuid.h"

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

static void each_cpu_has_its_identity(void **state)
{
	const struct cpuid_config config = { .nr_cpus = 6, .phys_bits = 42, .tsc_deadline = true };
	struct table t = host();

	assert_int_equal(cpuid_phys_bits(&t.head), 46);
	cpuid_apply(&t.head, &config, 5);
	assert_int_equal(entry(&t, 0x1, 0)->ebx >> 24, 5);
	assert_int_equal((entry(&t, 0x1, 0)->ebx >> 16) & 0xff, 8);
	assert_int_equal(entry(&t, 0x1, 0)->ebx & 0xffff, 0x0800);
	assert_true(entry(&t, 0x1, 0)->ecx & BIT(31)); /* a hypervisor is there */
	assert_true(entry(&t, 0x1, 0)->ecx & BIT(24));
	assert_int_equal(entry(&t, 0xb, 0)->edx, 5);
	assert_int_equal(entry(&t, 0xb, 0)->eax, 0);
	assert_int_equal(entry(&t, 0xb, 1)->eax, 3);
	assert_int_equal(entry(&t, 0xb, 1)->ebx, 6);
	assert_int_equal(entry(&t, 0xb, 1)->ecx, 0x201);
	assert_int_equal(entry(&t, 0xb, 2)->ebx, 0); /* no third level */
	assert_int_equal(entry(&t, 0x80000008, 0)->eax, 0x302a);
	assert_int_equal(entry(&t, 0x80000008, 0)->ecx, 3 << 12 | 5);
}

static void one_cpu_has_no_siblings(void **state)
{
	const struct cpuid_config config = { .nr_cpus = 1, .phys_bits = 39 };
	struct table t = host();

	entry(&t, 0x1, 0)->ecx &= ~BIT(24);
	cpuid_apply(&t.head, &config, 0);
	assert_false(entry(&t, 0x1, 0)->edx & BIT(28));
	assert_false(entry(&t, 0x1, 0)->ecx & BIT(24));
	assert_int_equal(entry(&t, 0x4, 3)->eax >> 14, 0);
	assert_int_equal(entry(&t, 0xb, 1)->eax, 0);
	assert_int_equal(entry(&t, 0xb, 1)->ebx, 1);
	assert_int_equal(entry(&t, 0x80000008, 0)->eax & 0xff, 39);
}

static void caches_are_shared_at_the_last_level_only(void **state)
{
	const struct cpuid_config config = { .nr_cpus = 4, .phys_bits = 40 };
	struct table t = host();

	cpuid_apply(&t.head, &config, 1);
	assert_int_equal((entry(&t, 0x4, 0)->eax >> 14) & 0xfff, 0);
	assert_int_equal((entry(&t, 0x4, 3)->eax >> 14) & 0xfff, 3);
	assert_int_equal(entry(&t, 0x4, 3)->eax >> 26, 3);
	assert_int_equal(entry(&t, 0x4, 3)->eax & 0x3fff, 0x1c03c163 & 0x3fff);
	assert_int_equal(entry(&t, 0x4, 4)->eax, 0); /* the end of the list stays it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_has_its_identity),
		cmocka_unit_test(one_cpu_has_no_siblings),
		cmocka_unit_test(caches_are_shared_at_the_last_level_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
