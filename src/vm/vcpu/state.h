/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of a vCPU: saved after creation so that a reset can restore them, and set for the
 * 64-bit entry of a kernel, or for the entry of one that wakes.
 */
#ifndef VM_VCPU_STATE_H
#define VM_VCPU_STATE_H

#include "base/err.h"
#include "kernel/kvm.h"
#include "vm/vcpu/entry.h"

struct vcpu_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xsave fpu;
	struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	struct kvm_debugregs debugregs;
	struct kvm_xcrs xcrs; /* nr_xcrs is 0 if the host has none */
	struct kvm_msrs *msrs;
};

/* Saves the state of a vCPU that has its CPUID and has never run. */
int vcpu_state_save(struct vcpu_state *state, const struct kvm *kvm, const struct kvm_vcpu *vcpu,
	struct err *err);
int vcpu_state_restore(
	const struct vcpu_state *state, const struct kvm_vcpu *vcpu, struct err *err);
void vcpu_state_free(struct vcpu_state *state);

/* Sets the registers for @entry in a vCPU that is as after power-on. */
int vcpu_enter_long_mode(
	const struct kvm_vcpu *vcpu, const struct vcpu_entry *entry, struct err *err);
/*
 * The same for an address below 1 MiB in real mode; CS is the address without its last 4 bits
 * (ACPI 6.5, table 5.14, the 32-bit waking vector).
 */
int vcpu_enter_real_mode(const struct kvm_vcpu *vcpu, u32 address, struct err *err);

#endif
