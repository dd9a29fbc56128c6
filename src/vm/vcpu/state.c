// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vm/vcpu/mtrr.h"

#define MSR_TSC 0x10

#define CR0_PE   BIT(0)
#define CR0_ET   BIT(4)
#define CR0_PG   BIT(31)
#define CR4_PAE  BIT(5)
#define EFER_LME BIT(8)
#define EFER_LMA BIT(10)

/* KVM accepts more than these in one call. */
#define MSRS_AT_ONCE 128

#define RFLAGS_FIXED 0x2

#define SEGMENT_CODE 0xb /* execute, read, accessed */
#define SEGMENT_DATA 0x3 /* read, write, accessed */
#define SEGMENT_TSS  0xb /* busy, 64-bit */

/*
 * Saves those of the @nr registers that KVM can read, at most MSRS_AT_ONCE. KVM stops at the first
 * one that it cannot read, and on every host it lists some that can be neither read nor written.
 */
static int save_some(struct vcpu_state *state, const struct kvm_vcpu *vcpu, const u32 *indices,
	u32 nr, struct err *err)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[MSRS_AT_ONCE];
	} asked = { 0 };
	u32 *left = &asked.head.nmsrs;
	struct kvm_msrs *kept = state->msrs;

	for (u32 i = 0; i < nr; i++)
		if (indices[i] != MSR_TSC) /* the counter goes on */
			asked.entries[(*left)++].index = indices[i];
	while (*left) {
		int got = kvm_vcpu_get_msrs(vcpu, &asked.head);

		if (got < 0)
			return err_sys(
				err, -got, "KVM does not give the MSRs of vCPU %u", vcpu->id);
		if ((u32)got >= *left)
			break;
		(*left)--;
		memmove(&asked.entries[got], &asked.entries[got + 1],
			(*left - (u32)got) * sizeof(asked.entries[0]));
	}
	memcpy(&kept->entries[kept->nmsrs], asked.entries, *left * sizeof(asked.entries[0]));
	kept->nmsrs += *left;
	return 0;
}

/* Saves all MSRs that KVM lists, and the MTRRs, which it does not list. */
static int save_msrs(struct vcpu_state *state, const struct kvm *kvm, const struct kvm_vcpu *vcpu,
	struct err *err)
{
	struct kvm_msr_list *list = kvm_msr_list(kvm, err);
	u32 mtrrs[MTRR_NR], nr;
	int ret = 0;

	if (!list)
		return -err->code;
	state->msrs = calloc(1,
		sizeof(*state->msrs) + (list->nmsrs + MTRR_NR) * sizeof(state->msrs->entries[0]));
	if (!state->msrs) {
		free(list);
		return err_sys(err, ENOMEM, "cannot save the vCPU's state");
	}
	for (u32 i = 0; i < list->nmsrs && !ret; i += nr) {
		nr = list->nmsrs - i < MSRS_AT_ONCE ? list->nmsrs - i : MSRS_AT_ONCE;
		ret = save_some(state, vcpu, &list->indices[i], nr, err);
	}
	free(list);
	mtrr_list(mtrrs);
	return ret ? ret : save_some(state, vcpu, mtrrs, MTRR_NR, err);
}

int vcpu_state_save(struct vcpu_state *state, const struct kvm *kvm, const struct kvm_vcpu *vcpu,
	struct err *err)
{
	int ret;

	*state = (struct vcpu_state){ 0 };
	if ((ret = kvm_vcpu_get_regs(vcpu, &state->regs)) < 0 ||
		(ret = kvm_vcpu_get_sregs(vcpu, &state->sregs)) < 0 ||
		(ret = kvm_vcpu_get_xsave(vcpu, &state->fpu)) < 0 ||
		(ret = kvm_vcpu_get_lapic(vcpu, &state->lapic)) < 0 ||
		(ret = kvm_vcpu_get_events(vcpu, &state->events)) < 0 ||
		(ret = kvm_vcpu_get_debugregs(vcpu, &state->debugregs)) < 0)
		return err_sys(err, -ret, "KVM does not give the state of vCPU %u", vcpu->id);
	if (kvm_vcpu_get_xcrs(vcpu, &state->xcrs) < 0)
		state->xcrs.nr_xcrs = 0;
	return save_msrs(state, kvm, vcpu, err);
}

void vcpu_state_free(struct vcpu_state *state)
{
	free(state->msrs);
	state->msrs = NULL;
}

/* KVM stops at the first register that it refuses; go on with the next one. */
static void restore_msrs(const struct vcpu_state *state, const struct kvm_vcpu *vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} one = { .head = { .nmsrs = 1 } };

	if (kvm_vcpu_set_msrs(vcpu, state->msrs) == (int)state->msrs->nmsrs)
		return;
	for (u32 i = 0; i < state->msrs->nmsrs; i++) {
		one.entry = state->msrs->entries[i];
		kvm_vcpu_set_msrs(vcpu, &one.head);
	}
}

int vcpu_state_restore(const struct vcpu_state *state, const struct kvm_vcpu *vcpu, struct err *err)
{
	u32 mp_state = vcpu->id ? KVM_MP_STATE_UNINITIALIZED : KVM_MP_STATE_RUNNABLE;
	struct kvm_vcpu_events pending;
	int ret;

	/* KVM first turns an SMI that the vCPU has not taken yet into state, which is set below. */
	kvm_vcpu_get_events(vcpu, &pending);
	restore_msrs(state, vcpu);
	if ((ret = kvm_vcpu_set_sregs(vcpu, &state->sregs)) < 0 ||
		(ret = kvm_vcpu_set_regs(vcpu, &state->regs)) < 0 ||
		(ret = kvm_vcpu_set_xsave(vcpu, &state->fpu)) < 0 ||
		(ret = kvm_vcpu_set_lapic(vcpu, &state->lapic)) < 0 ||
		(ret = kvm_vcpu_set_events(vcpu, &state->events)) < 0 ||
		(ret = kvm_vcpu_set_debugregs(vcpu, &state->debugregs)) < 0 ||
		(ret = kvm_vcpu_set_mp_state(vcpu, mp_state)) < 0)
		return err_sys(
			err, -ret, "KVM refuses the state of vCPU %u after a reset", vcpu->id);
	if (state->xcrs.nr_xcrs && (ret = kvm_vcpu_set_xcrs(vcpu, &state->xcrs)) < 0)
		return err_sys(err, -ret, "KVM refuses XCR0 of vCPU %u after a reset", vcpu->id);
	return 0;
}

static struct kvm_segment flat_segment(u16 selector, u8 type, bool code)
{
	return (struct kvm_segment){
		.selector = selector,
		.limit = 0xffffffff,
		.type = type,
		.s = 1,
		.present = 1,
		.g = 1,
		.l = code,
		.db = !code,
	};
}

int vcpu_enter_long_mode(
	const struct kvm_vcpu *vcpu, const struct vcpu_entry *entry, struct err *err)
{
	struct kvm_regs regs = {
		.rip = entry->rip,
		.rsp = entry->rsp,
		.rsi = entry->rsi,
		.rflags = RFLAGS_FIXED,
	};
	struct kvm_sregs sregs;
	int ret = kvm_vcpu_get_sregs(vcpu, &sregs);

	if (ret < 0)
		return err_sys(err, -ret, "KVM does not give the state of vCPU %u", vcpu->id);

	sregs.cs = flat_segment(entry->cs, SEGMENT_CODE, true);
	sregs.ds = flat_segment(entry->ds, SEGMENT_DATA, false);
	sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.ds;
	sregs.tr = (struct kvm_segment){ .limit = 0x67, .type = SEGMENT_TSS, .present = 1 };
	sregs.gdt = (struct kvm_dtable){ .base = entry->gdt_base, .limit = entry->gdt_limit };
	sregs.idt = (struct kvm_dtable){ 0 };
	sregs.cr0 = CR0_PE | CR0_ET | CR0_PG;
	sregs.cr3 = entry->cr3;
	sregs.cr4 = CR4_PAE;
	sregs.efer |= EFER_LME | EFER_LMA;
	if ((ret = kvm_vcpu_set_sregs(vcpu, &sregs)) < 0 ||
		(ret = kvm_vcpu_set_regs(vcpu, &regs)) < 0)
		return err_sys(err, -ret, "KVM refuses the kernel's entry state");
	return 0;
}

int vcpu_enter_real_mode(const struct kvm_vcpu *vcpu, u32 address, struct err *err)
{
	struct kvm_regs regs = { .rip = address & 0xf, .rflags = RFLAGS_FIXED };
	struct kvm_sregs sregs;
	int ret = kvm_vcpu_get_sregs(vcpu, &sregs);

	if (ret < 0)
		return err_sys(err, -ret, "KVM does not give the state of vCPU %u", vcpu->id);
	sregs.cs.selector = (u16)(address >> 4);
	sregs.cs.base = address & ~0xfu;
	if ((ret = kvm_vcpu_set_sregs(vcpu, &sregs)) < 0 ||
		(ret = kvm_vcpu_set_regs(vcpu, &regs)) < 0)
		return err_sys(err, -ret, "KVM refuses the state in which the guest wakes");
	return 0;
}
