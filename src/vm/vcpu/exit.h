/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handles exits from KVM_RUN: accesses go to the buses, MSRs that KVM does not have read as zero,
 * and the machine's owner is told of events that end the machine. Called on the vCPU's thread.
 */
#ifndef VM_VCPU_EXIT_H
#define VM_VCPU_EXIT_H

#include "vm/vcpu/vcpu.h"

/* Handles the exit that vcpu->kvm.run describes. */
void vcpu_handle_exit(struct vcpu *vcpu);

/*
 * KVM takes the result of an exit only at the next KVM_RUN. So this enters KVM_RUN once more and
 * leaves it before the guest runs, which completes the vCPU's state.
 */
void vcpu_finish_exit(struct vcpu *vcpu);

void vcpu_tell_broken(struct vcpu *vcpu, const char *what, u64 code);

#endif
