/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vcpus_open() does for KVM and for each vCPU before it first runs. */
#ifndef VM_VCPU_SETUP_H
#define VM_VCPU_SETUP_H

#include "vm/vcpu/vcpu.h"

/* Whether KVM has room for so many vCPUs, and the LAPICs ids for them. */
int vcpu_check_number(const struct kvm *kvm, const struct topology *topology, struct err *err);

/*
 * Completes @config, a copy of vcpus->cpuid. *@cpuid is what all vCPUs have in common, the caller's
 * to free.
 */
int vcpu_choose_cpuid(const struct kvm *kvm, const struct vcpus_config *vcpus,
	struct cpuid_config *config, struct kvm_cpuid2 **cpuid, struct err *err);

/* Makes processor @index of vcpu->set. */
int vcpu_setup(struct vcpu *vcpu, unsigned index, const struct kvm_cpuid2 *cpuid,
	const struct cpuid_config *config, struct err *err);

#endif
