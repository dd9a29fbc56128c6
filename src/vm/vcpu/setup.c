// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/setup.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MSR_UCODE_REV   0x8b
#define MSR_MISC_ENABLE 0x1a0
#define FAST_STRINGS    BIT_ULL(0)

int vcpu_check_number(const struct kvm *kvm, unsigned nr, struct err *err)
{
	int limit = kvm_extension(kvm, KVM_CAP_MAX_VCPUS);

	if (limit < 1 || limit > VCPUS_MAX)
		limit = VCPUS_MAX;
	if (nr < 1 || nr > (unsigned)limit)
		return err_set(err, EINVAL, "a machine has 1 to %d vCPUs here, not %u", limit, nr);
	return 0;
}

static int choose_hyperv(const struct kvm *kvm, const struct kvm_cpuid2 *supported,
	const struct vcpus_config *vcpus, struct cpuid_config *config, struct err *err)
{
	struct hyperv_wish wish = {
		.vendor = vcpus->hyperv_vendor,
		.nested = config->nested,
		.own_cores = vcpus->own_cores,
	};
	const char *lack = NULL;
	struct kvm_cpuid2 *hyperv;
	char cpu_vendor[13];
	int ret;

	if (!config->hyperv)
		return 0;
	if (!kvm_extension(kvm, KVM_CAP_SYS_HYPERV_CPUID))
		lack = "KVM_CAP_SYS_HYPERV_CPUID";
	else if (!kvm_extension(kvm, KVM_CAP_HYPERV_SYNIC2))
		lack = "KVM_CAP_HYPERV_SYNIC2";
	if (lack)
		return err_set(err, ENOTSUP,
			"this host's KVM has no Hyper-V interface: it lacks %s", lack);
	hyperv = kvm_supported_hyperv(kvm, err);
	if (!hyperv)
		return -err->code;
	/* Guests that look for hypervisors by vendor id find the processor's vendor. */
	cpuid_vendor(supported, cpu_vendor);
	if (!wish.vendor)
		wish.vendor = config->hidden && *cpu_vendor ? cpu_vendor : HYPERV_VENDOR;
	ret = hyperv_leaves(hyperv, &wish, config->hyperv_leaves, err);
	free(hyperv);
	return ret;
}

static void read_names(struct cpuid_config *config)
{
	for (unsigned i = 0; i < CPUID_NR_NAMES; i++) {
		u32 *r = config->names[i];

		__get_cpuid(CPUID_NAME_LEAF + i, &r[0], &r[1], &r[2], &r[3]);
	}
}

int vcpu_choose_cpuid(const struct kvm *kvm, const struct vcpus_config *vcpus,
	struct cpuid_config *config, struct kvm_cpuid2 **cpuid, struct err *err)
{
	struct kvm_cpuid2 *supported = kvm_supported_cpuid(kvm, err);

	/* Before the first vCPU. From Linux 5.18 on; before, its CPUID alone says that there is
	 * none. */
	if (config->no_pmu)
		kvm_enable_cap(kvm, KVM_CAP_PMU_CAPABILITY, KVM_PMU_CAP_DISABLE);
	int ret;

	*cpuid = NULL;
	if (!supported)
		return -err->code;
	read_names(config);
	config->tsc_deadline = kvm_extension(kvm, KVM_CAP_TSC_DEADLINE_TIMER);
	ret = choose_hyperv(kvm, supported, vcpus, config, err);
	if (!ret) {
		*cpuid = cpuid_make(supported, config);
		if (!*cpuid)
			ret = err_sys(err, ENOMEM, "cannot set the vCPUs' CPUID");
	}
	free(supported);
	/* KVM without this capability injects a fault into the guest. */
	kvm_enable_cap(kvm, KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN);
	return ret;
}

int vcpus_host_phys_bits(const struct kvm *kvm, unsigned *bits, struct err *err)
{
	struct kvm_cpuid2 *supported = kvm_supported_cpuid(kvm, err);

	if (!supported)
		return -err->code;
	*bits = cpuid_phys_bits(supported);
	free(supported);
	return 0;
}

static int get_msr(const struct kvm_vcpu *vcpu, u32 index, u64 *value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} one = { .head = { .nmsrs = 1 }, .entry = { .index = index } };
	int ret = kvm_vcpu_get_msrs(vcpu, &one.head);

	*value = one.entry.data;
	return ret == 1 ? 0 : -ENOENT;
}

static void set_msr(const struct kvm_vcpu *vcpu, u32 index, u64 value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} one = { .head = { .nmsrs = 1 }, .entry = { .index = index, .data = value } };

	kvm_vcpu_set_msrs(vcpu, &one.head);
}

/*
 * Sets what KVM does not set as a reset does (Intel SDM volume 3, table 9-1, and volume 4, table
 * 2-2; AMD APM volume 2, table 14-1): DX has the processor's signature, and fast strings are on,
 * without which Linux believes that REP MOVS is slow.
 */
static int set_as_reset(
	const struct kvm_vcpu *vcpu, const struct kvm_cpuid2 *cpuid, struct err *err)
{
	const struct kvm_cpuid_entry2 *features = cpuid_find((struct kvm_cpuid2 *)cpuid, 1, 0);
	struct kvm_regs regs;
	u64 misc;
	int ret = kvm_vcpu_get_regs(vcpu, &regs);

	if (!ret && features) {
		regs.rdx = features->eax;
		ret = kvm_vcpu_set_regs(vcpu, &regs);
	}
	if (ret < 0)
		return err_sys(err, -ret, "KVM refuses the registers of vCPU %u", vcpu->id);
	if (!get_msr(vcpu, MSR_MISC_ENABLE, &misc))
		set_msr(vcpu, MSR_MISC_ENABLE, misc | FAST_STRINGS);
	return 0;
}

/*
 * An operating system that sees no hypervisor distrusts what an old microcode revision says of
 * processor bugs. So it sees the host's revision instead of the one that KVM makes up.
 */
static void set_microcode(const struct kvm *kvm, const struct kvm_vcpu *vcpu)
{
	u64 value;

	if (!kvm_feature_msr(kvm, MSR_UCODE_REV, &value) && value)
		set_msr(vcpu, MSR_UCODE_REV, value);
}

static int enable_caps(
	const struct kvm_vcpu *vcpu, const struct cpuid_config *config, struct err *err)
{
	int ret = 0;

	if (config->hyperv)
		ret = kvm_vcpu_enable_cap(vcpu, KVM_CAP_HYPERV_SYNIC2, 0);
	if (ret < 0)
		return err_sys(
			err, -ret, "KVM refuses the Hyper-V interrupts of vCPU %u", vcpu->id);
	if (config->hyperv && hyperv_has_evmcs(config->hyperv_leaves)) {
		u16 version; /* which the leaves have already */

		ret = kvm_vcpu_enable_cap(
			vcpu, KVM_CAP_HYPERV_ENLIGHTENED_VMCS, (uintptr_t)&version);
		if (ret < 0)
			return err_sys(
				err, -ret, "KVM refuses enlightened VMCSs of vCPU %u", vcpu->id);
	}
	/* If KVM supports it: paravirtual features that CPUID does not show do not work either. */
	if (config->hidden)
		kvm_vcpu_enable_cap(vcpu, KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 1);
	return 0;
}

static int set_cpuid(const struct kvm_vcpu *vcpu, const struct kvm_cpuid2 *common,
	const struct cpuid_config *config, struct err *err)
{
	struct kvm_cpuid2 *cpuid = malloc(cpuid_size(common));
	int ret;

	if (!cpuid)
		return err_sys(err, ENOMEM, "cannot set the CPUID of vCPU %u", vcpu->id);
	memcpy(cpuid, common, cpuid_size(common));
	cpuid_apply(cpuid, config, vcpu->id);
	ret = kvm_vcpu_set_cpuid(vcpu, cpuid);
	free(cpuid);
	return ret < 0 ? err_sys(err, -ret, "KVM refuses the CPUID of vCPU %u", vcpu->id) : 0;
}

int vcpu_setup(struct vcpu *vcpu, unsigned index, const struct kvm_cpuid2 *cpuid,
	const struct cpuid_config *config, struct err *err)
{
	const struct kvm *kvm = vcpu->set->kvm;
	int ret;

	snprintf(vcpu->name, sizeof(vcpu->name), "vcpu %u", index);
	ret = kvm_vcpu_open(kvm, &vcpu->kvm, topology_apic_id(&config->topology, index), err);
	if (!ret)
		ret = enable_caps(&vcpu->kvm, config, err);
	if (!ret)
		ret = set_cpuid(&vcpu->kvm, cpuid, config, err);
	if (ret)
		return ret;
	set_microcode(kvm, &vcpu->kvm);
	ret = set_as_reset(&vcpu->kvm, cpuid, err);
	return ret ? ret : vcpu_state_save(&vcpu->initial, kvm, &vcpu->kvm, err);
}
