/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vcpus_open() sets up in KVM and in each vCPU before it first runs. */
#ifndef VM_VCPU_SETUP_H
#define VM_VCPU_SETUP_H

#include "vm/vcpu/vcpu.h"

/* Checks that KVM supports this many vCPUs. */
int vcpu_check_number(const struct kvm *kvm, unsigned nr, struct err *err);

/*
 * Completes @config, a copy of vcpus->cpuid. *@cpuid: the entries that all vCPUs share; the caller
 * frees it.
 */
int vcpu_choose_cpuid(const struct kvm *kvm, const struct vcpus_config *vcpus,
	struct cpuid_config *config, struct kvm_cpuid2 **cpuid, struct err *err);

/* Creates vCPU @index of vcpu->set. */
int vcpu_setup(struct vcpu *vcpu, unsigned index, const struct kvm_cpuid2 *cpuid,
	const struct cpuid_config *config, struct err *err);

#endif
