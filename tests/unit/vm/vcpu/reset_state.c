// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a vCPU's registers hold when the guest starts, and again after a reset, compared with a
 * table of what the specifications say: Intel SDM volume 3, table 9-1 (power-up), and volume 4,
 * chapter 2; AMD APM volume 2, table 14-1. Where QEMU or KVM deviates, the row says so.
 *
 * This needs KVM, and is skipped without. It also runs on the lab's host (lab-hide-registers).
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "vm/vcpu/mtrr.h"
#include "vm/vcpu/vcpu.h"

#define NR 2

/* Offsets in what XSAVE writes (SDM volume 1, 13.4). */
#define MXCSR     24
#define XMM0      160
#define XSTATE_BV 512

struct world {
	struct bus pio, mmio;
	struct placement placement;
	struct kvm kvm;
	struct vcpus set;
};

static void on_event(void *owner, enum vcpu_event event, const char *why)
{
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct vcpus_config config = {
		.cpuid = { .topology = { 1, NR, 1 }, .phys_bits = 40 },
		.placement = &w->placement,
		.pio = &w->pio,
		.mmio = &w->mmio,
		.event = on_event,
		.owner = w,
	};
	struct err err = { 0 };

	*state = w;
	bus_open(&w->pio);
	bus_open(&w->mmio);
	if (access("/dev/kvm", R_OK | W_OK) || kvm_open(&w->kvm, &err)) {
		w->kvm.vm_fd = -1;
		return 0;
	}
	if (kvm_create_chips(&w->kvm, &err) || vcpus_open(&w->set, &w->kvm, &config, &err))
		fail_msg("%s", err.text);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->kvm.vm_fd >= 0) {
		vcpus_close(&w->set);
		kvm_close(&w->kvm);
	}
	bus_close(&w->mmio);
	bus_close(&w->pio);
	free(w);
	return 0;
}

/* One number of the state, in the table's order. */
struct value {
	const char *name;
	u64 found, expected;
};

static void compare(const struct value *values, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (values[i].found != values[i].expected)
			fail_msg("%s is 0x%llx, not 0x%llx", values[i].name,
				(unsigned long long)values[i].found,
				(unsigned long long)values[i].expected);
}

static u32 signature(void)
{
	u32 eax = 1, ebx, ecx = 0, edx;

	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return eax;
}

static void check_general(const struct kvm_vcpu *vcpu)
{
	struct kvm_regs r;

	assert_int_equal(kvm_vcpu_get_regs(vcpu, &r), 0);
	compare(
		(struct value[]){
			{ "RIP", r.rip, 0xfff0 },
			{ "RFLAGS", r.rflags, 2 },
			{ "RAX", r.rax, 0 }, /* BIST was not asked for */
			{ "RBX", r.rbx, 0 },
			{ "RCX", r.rcx, 0 },
			{ "RDX", r.rdx, signature() }, /* KVM: 600h */
			{ "RSI", r.rsi, 0 },
			{ "RDI", r.rdi, 0 },
			{ "RBP", r.rbp, 0 },
			{ "RSP", r.rsp, 0 },
			{ "R8", r.r8, 0 },
			{ "R15", r.r15, 0 },
		},
		12);
}

static void check_segment(
	const char *name, const struct kvm_segment *s, u16 selector, u64 base, u8 type, bool system)
{
	struct value values[] = {
		{ name, s->selector, selector },
		{ name, s->base, base },
		{ name, s->limit, 0xffff },
		{ name, s->type, type },
		{ name, s->present, 1 },
		{ name, s->s, !system },
		{ name, s->dpl | s->db | s->g | s->l, 0 },
	};

	compare(values, ARRAY_SIZE(values));
}

static void check_system(const struct kvm_vcpu *vcpu)
{
	struct kvm_sregs s;
	u64 base = 0xfee00800 | (vcpu->id ? 0 : 0x100); /* enabled; the first is the BSP */

	assert_int_equal(kvm_vcpu_get_sregs(vcpu, &s), 0);
	check_segment("CS", &s.cs, 0xf000, 0xffff0000, 0xb, false);
	check_segment("DS", &s.ds, 0, 0, 3, false);
	check_segment("ES", &s.es, 0, 0, 3, false);
	check_segment("FS", &s.fs, 0, 0, 3, false);
	check_segment("GS", &s.gs, 0, 0, 3, false);
	check_segment("SS", &s.ss, 0, 0, 3, false);
	check_segment("LDTR", &s.ldt, 0, 0, 2, true);
	check_segment("TR", &s.tr, 0, 0, 0xb, true);
	compare(
		(struct value[]){
			{ "GDTR", s.gdt.base, 0 },
			{ "GDTR's limit", s.gdt.limit, 0xffff },
			{ "IDTR", s.idt.base, 0 },
			{ "IDTR's limit", s.idt.limit, 0xffff },
			{ "CR0", s.cr0, 0x60000010 },
			{ "CR2", s.cr2, 0 },
			{ "CR3", s.cr3, 0 },
			{ "CR4", s.cr4, 0 },
			{ "CR8", s.cr8, 0 },
			{ "EFER", s.efer, 0 },
			{ "APIC_BASE", s.apic_base, base },
		},
		11);
}

static void check_rest(const struct kvm_vcpu *vcpu)
{
	struct kvm_debugregs d;
	struct kvm_lapic_state apic;
	struct kvm_xcrs xcrs;
	struct kvm_xsave xsave;
	const u8 *fpu = (const u8 *)xsave.region;

	assert_int_equal(kvm_vcpu_get_debugregs(vcpu, &d), 0);
	assert_int_equal(kvm_vcpu_get_xsave(vcpu, &xsave), 0);
	assert_int_equal(kvm_vcpu_get_lapic(vcpu, &apic), 0);
	compare(
		(struct value[]){
			{ "DR0", d.db[0], 0 },
			{ "DR3", d.db[3], 0 },
			{ "DR6", d.dr6, 0xffff0ff0 },
			{ "DR7", d.dr7, 0x400 },
			/* The SDM says 0040h. KVM and QEMU have what FNINIT leaves. */
			{ "FCW", get_le16(fpu), 0x37f },
			{ "FSW", get_le16(fpu + 2), 0 },
			{ "MXCSR", get_le32(fpu + MXCSR), 0x1f80 },
			{ "XMM0", get_le64(fpu + XMM0), 0 },
			{ "the APIC's ID", get_le32(apic.regs + 0x20), vcpu->id << 24 },
			{ "TPR", get_le32(apic.regs + 0x80), 0 },
			{ "LDR", get_le32(apic.regs + 0xd0), 0 },
			{ "DFR", get_le32(apic.regs + 0xe0), ~0u },
			{ "SVR", get_le32(apic.regs + 0xf0), 0xff },
			{ "LVT timer", get_le32(apic.regs + 0x320), 0x10000 },
			/* The SDM says 10000h. KVM and QEMU let the BSP take the PIC's. */
			{ "LINT0", get_le32(apic.regs + 0x350), vcpu->id ? 0x10000 : 0x700 },
			{ "LINT1", get_le32(apic.regs + 0x360), 0x10000 },
			{ "LVT error", get_le32(apic.regs + 0x370), 0x10000 },
		},
		17);
	if (kvm_vcpu_get_xcrs(vcpu, &xcrs) || !xcrs.nr_xcrs)
		return;
	assert_int_equal(xcrs.xcrs[0].value, 1);
}

/* Those that a host's KVM does not have are left out. @mask: what is compared. */
static const struct {
	u32 index;
	u64 mask, value;
	const char *name;
} msrs[] = {
	{ 0x3a, ~0ull, 0, "IA32_FEATURE_CONTROL" }, /* firmware locks it */
	{ 0x3b, ~0ull, 0, "IA32_TSC_ADJUST" },
	{ 0x48, ~0ull, 0, "IA32_SPEC_CTRL" },
	{ 0xfe, 0xff, 8, "IA32_MTRRCAP, variable ranges" },
	{ 0x174, ~0ull, 0, "IA32_SYSENTER_CS" },
	{ 0x175, ~0ull, 0, "IA32_SYSENTER_ESP" },
	{ 0x176, ~0ull, 0, "IA32_SYSENTER_EIP" },
	{ 0x17a, ~0ull, 0, "IA32_MCG_STATUS" },
	{ 0x1a0, 1, 1, "IA32_MISC_ENABLE, fast strings" }, /* KVM: 0 */
	{ 0x1a0, BIT_ULL(34) | BIT_ULL(22), 0, "IA32_MISC_ENABLE, XD and CPUID limits" },
	{ 0x1d9, ~0ull, 0, "IA32_DEBUGCTL" },
	{ 0x277, ~0ull, 0x0007040600070406, "IA32_PAT" },
	{ 0x2ff, ~0ull, 0, "IA32_MTRR_DEF_TYPE" },
	{ 0x200, ~0ull, 0, "IA32_MTRR_PHYSBASE0" },
	{ 0x201, ~0ull, 0, "IA32_MTRR_PHYSMASK0" },
	{ 0x250, ~0ull, 0, "IA32_MTRR_FIX64K_00000" },
	{ 0x26f, ~0ull, 0, "IA32_MTRR_FIX4K_F8000" },
	{ 0x38d, ~0ull, 0, "IA32_FIXED_CTR_CTRL" },
	{ 0x6e0, ~0ull, 0, "IA32_TSC_DEADLINE" },
	{ 0xda0, ~0ull, 0, "IA32_XSS" },
	{ 0xc0000081, ~0ull, 0, "STAR" },
	{ 0xc0000082, ~0ull, 0, "LSTAR" },
	{ 0xc0000083, ~0ull, 0, "CSTAR" },
	{ 0xc0000084, ~0ull, 0, "SFMASK" },
	{ 0xc0000102, ~0ull, 0, "KERNEL_GS_BASE" },
	{ 0xc0000103, ~0ull, 0, "TSC_AUX" },
	{ 0xc0010117, ~0ull, 0, "VM_HSAVE_PA" },
	{ 0x4b564d00, ~0ull, 0, "KVM's wall clock" },
	{ 0x4b564d01, ~0ull, 0, "KVM's system time" },
	{ 0x4b564d02, ~0ull, 0, "KVM's asynchronous page faults" },
	{ 0x4b564d03, ~0ull, 0, "KVM's steal time" },
	{ 0x4b564d04, ~0ull, 0, "KVM's end of interrupt" },
	{ 0x4b564d05, ~0ull, 1, "KVM's poll control" },
};

struct one {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

static void check_msrs(const struct kvm_vcpu *vcpu)
{
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(msrs); i++) {
		struct one one = { { .nmsrs = 1 }, { .index = msrs[i].index } };

		if (kvm_vcpu_get_msrs(vcpu, &one.head) != 1)
			continue;
		found++;
		if ((one.entry.data & msrs[i].mask) != msrs[i].value)
			fail_msg("MSR %x (%s) is 0x%llx, not 0x%llx", msrs[i].index, msrs[i].name,
				(unsigned long long)(one.entry.data & msrs[i].mask),
				(unsigned long long)msrs[i].value);
	}
	/* Every KVM has most of them. */
	assert_true(found >= 20);
}

static void check(const struct kvm_vcpu *vcpu)
{
	check_general(vcpu);
	check_system(vcpu);
	check_rest(vcpu);
	check_msrs(vcpu);
}

static void a_processor_starts_as_the_specifications_say(void **state)
{
	struct world *w = *state;

	if (w->kvm.vm_fd < 0)
		skip();
	for (unsigned i = 0; i < NR; i++)
		check(&w->set.vcpu[i].kvm);
}

/*
 * Whether the guest can write it here. Of KVM's own only the poll control: the others have it
 * write into memory.
 */
static bool is_writable(const struct kvm_msr_list *list, u32 index)
{
	if (index >> 8 == 0x4b564d && index != 0x4b564d05)
		return false;
	for (u32 i = 0; i < list->nmsrs; i++)
		if (list->indices[i] == index)
			return true;
	return index >= 0x200 && index <= 0x2ff; /* MTRRs, which KVM does not list */
}

/* As a guest would leave them. */
static void dirty(const struct kvm_vcpu *vcpu, const struct kvm_msr_list *list)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xsave xsave;

	assert_int_equal(kvm_vcpu_get_regs(vcpu, &regs), 0);
	regs.rip = 0x1234;
	regs.rdx = regs.rsp = 0x5678;
	regs.rflags |= 0x200;
	assert_int_equal(kvm_vcpu_set_regs(vcpu, &regs), 0);
	assert_int_equal(kvm_vcpu_get_sregs(vcpu, &sregs), 0);
	sregs.cr0 |= 1;
	sregs.cr3 = 0x2000;
	sregs.ds.base = 0x3000;
	assert_int_equal(kvm_vcpu_set_sregs(vcpu, &sregs), 0);
	assert_int_equal(kvm_vcpu_get_xsave(vcpu, &xsave), 0);
	put_le16(xsave.region, 0x27f);
	put_le32((u8 *)xsave.region + MXCSR, 0x1f00); /* a denormal operand faults */
	put_le64((u8 *)xsave.region + XMM0, 1);
	put_le64((u8 *)xsave.region + XSTATE_BV, 3);
	assert_int_equal(kvm_vcpu_set_xsave(vcpu, &xsave), 0);
	for (size_t i = 0; i < ARRAY_SIZE(msrs); i++) {
		struct one one = { { .nmsrs = 1 }, { .index = msrs[i].index } };

		if (!is_writable(list, msrs[i].index))
			continue;
		one.entry.data = msrs[i].value ^ 1;
		kvm_vcpu_set_msrs(vcpu, &one.head);
	}
}

static void a_reset_restores_that(void **state)
{
	struct world *w = *state;
	struct kvm_msr_list *list;
	struct err err = { 0 };

	if (w->kvm.vm_fd < 0)
		skip();
	list = kvm_msr_list(&w->kvm, &err);
	assert_non_null(list);
	for (unsigned i = 0; i < NR; i++)
		dirty(&w->set.vcpu[i].kvm, list);
	free(list);
	if (vcpus_reset(&w->set, &err))
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < NR; i++)
		check(&w->set.vcpu[i].kvm);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_processor_starts_as_the_specifications_say),
		TEST(a_reset_restores_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
