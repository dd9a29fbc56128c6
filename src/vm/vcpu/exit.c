// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/exit.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/range.h"

/*
 * Where processors of Intel and AMD have MSRs (SDM volume 4; AMD's PPRs). An access elsewhere
 * faults, also at 40000000h, which both leave to hypervisors.
 */
static const struct range msr_ranges[] = {
	{ 0x00000000, 0x2000 },
	{ 0xc0000000, 0x2000 },
	{ 0xc0010000, 0x2000 },
};

#define HV_STATUS_INVALID_HYPERCALL_CODE 2

static bool is_stopped(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->set->stop, __ATOMIC_ACQUIRE);
}

/*
 * One exit can be a thousand accesses (rep outs), and each of them a reset that takes a tenth of a
 * second. A vCPU that will never run again need not finish them.
 */
static void exit_io(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;
	u8 *data = (u8 *)run + run->io.data_offset;
	unsigned size = run->io.size;

	for (u32 i = 0; i < run->io.count && !is_stopped(vcpu); i++, data += size) {
		if (run->io.direction == KVM_EXIT_IO_OUT)
			bus_write(vcpu->set->pio, run->io.port, size, get_le(data, size));
		else
			put_le(data, size, bus_read(vcpu->set->pio, run->io.port, size));
	}
}

static void exit_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;
	struct bus *bus = vcpu->set->mmio;
	enum flat_view view = run->flags & KVM_RUN_X86_SMM ? FLAT_VIEW_SMM : FLAT_VIEW_NORMAL;
	unsigned size = run->mmio.len;

	if (!size || size > sizeof(run->mmio.data))
		return;
	if (run->mmio.is_write)
		bus_write_in(bus, view, run->mmio.phys_addr, size, get_le(run->mmio.data, size));
	else
		put_le(run->mmio.data, size, bus_read_in(bus, view, run->mmio.phys_addr, size));
}

static bool processors_have(u32 msr)
{
	for (size_t i = 0; i < ARRAY_SIZE(msr_ranges); i++)
		if (range_contains(msr_ranges[i], msr, 1))
			return true;
	return false;
}

/*
 * An MSR that KVM does not have reads as zero and keeps nothing that is written, if a processor may
 * have it: guests such as Windows do not expect a fault from one that their processor's model has.
 * Those who find out by a fault whether there is such an MSR also compare what they have written.
 */
static void exit_msr(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;
	u32 index = run->msr.index;
	bool write = run->exit_reason == KVM_EXIT_X86_WRMSR;

	log_guest("vCPU %u %s MSR 0x%x, which KVM does not have", vcpu->kvm.id,
		write ? "writes" : "reads", index);
	run->msr.error = !processors_have(index);
	if (!write)
		run->msr.data = 0;
}

/* We have no device that receives messages of Hyper-V guests. */
static void exit_hyperv(struct vcpu *vcpu)
{
	struct kvm_hyperv_exit *hyperv = &vcpu->kvm.run->hyperv;

	if (hyperv->type == KVM_EXIT_HYPERV_HCALL)
		hyperv->u.hcall.result = HV_STATUS_INVALID_HYPERCALL_CODE;
}

static void tell(struct vcpu *vcpu, enum vcpu_event event, const char *why)
{
	struct vcpus *set = vcpu->set;

	vcpus_request_pause(set);
	set->event(set->owner, event, why);
}

void vcpu_tell_broken(struct vcpu *vcpu, const char *what, u64 code)
{
	struct kvm_regs regs = { 0 };
	char why[160];

	kvm_vcpu_get_regs(&vcpu->kvm, &regs);
	snprintf(why, sizeof(why), "vCPU %u at 0x%llx: %s (0x%llx)", vcpu->kvm.id,
		(unsigned long long)regs.rip, what, (unsigned long long)code);
	tell(vcpu, VCPU_EVENT_BROKEN, why);
}

void vcpu_handle_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		exit_io(vcpu);
		break;
	case KVM_EXIT_MMIO:
		exit_mmio(vcpu);
		break;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		exit_msr(vcpu);
		break;
	case KVM_EXIT_HYPERV:
		exit_hyperv(vcpu);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	case KVM_EXIT_SHUTDOWN:
		tell(vcpu, VCPU_EVENT_TRIPLE_FAULT, "triple fault");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		vcpu_tell_broken(vcpu, "the processor refuses to enter the guest",
			run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		vcpu_tell_broken(vcpu,
			run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION
				? "KVM cannot emulate an instruction"
				: "KVM internal error",
			run->internal.suberror);
		break;
	default:
		vcpu_tell_broken(vcpu, "KVM stopped for a reason that tenon does not know",
			run->exit_reason);
	}
}

void vcpu_finish_exit(struct vcpu *vcpu)
{
	switch (vcpu->kvm.run->exit_reason) {
	case KVM_EXIT_IO:
	case KVM_EXIT_MMIO:
	case KVM_EXIT_HYPERV:
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		__atomic_store_n(&vcpu->kvm.run->immediate_exit, 1, __ATOMIC_RELEASE);
		kvm_vcpu_run(&vcpu->kvm);
	}
}
