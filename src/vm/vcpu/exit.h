/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a guest left KVM_RUN, and what is done about it: accesses go to the buses, registers that
 * KVM does not know read as zero, and what ends the machine is told to its owner. On the vCPU's
 * thread.
 */
#ifndef VM_VCPU_EXIT_H
#define VM_VCPU_EXIT_H

#include "vm/vcpu/vcpu.h"

/* Deals with the exit that vcpu->kvm.run describes. */
void vcpu_handle_exit(struct vcpu *vcpu);

/*
 * An exit that is half done belongs to the state before: KVM takes its result at the next entry,
 * so one is made that ends before the guest runs.
 */
void vcpu_finish_exit(struct vcpu *vcpu);

void vcpu_tell_broken(struct vcpu *vcpu, const char *what, u64 code);

#endif
