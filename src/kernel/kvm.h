/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's ioctl interface on x86-64, one function per ioctl (Documentation/virt/kvm/api.rst). struct
 * kvm is one virtual machine, struct kvm_vcpu one of its processors; the caller owns both.
 * Everything but kvm_vcpu_* may be called from any thread, kvm_vcpu_* from the thread that runs the
 * vCPU.
 */
#ifndef KERNEL_KVM_H
#define KERNEL_KVM_H

#include <linux/kvm.h>

#include "base/err.h"
#include "base/types.h"

/* Four pages that KVM wants for itself on Intel hosts: an identity map, then three of TSS. */
#define KVM_IDENTITY_MAP_ADDR 0xfeffc000ull
#define KVM_TSS_ADDR          0xfeffd000ull

struct kvm {
	int fd; /* /dev/kvm */
	int vm_fd;
	int run_size; /* bytes of a vCPU's shared page(s) */
	int stats_fd; /* for `tenon stats`, see machines.h; -1 if KVM has none */
};

struct kvm_vcpu {
	int fd;
	u32 id;
	struct kvm_run *run;
	int run_size;
	int stats_fd;
};

/* Opens /dev/kvm, checks that it has what tenon needs, and creates an empty machine. */
int kvm_open(struct kvm *kvm, struct err *err);
void kvm_close(struct kvm *kvm);
/* The value that KVM_CHECK_EXTENSION returns, 0 if the extension is missing. */
int kvm_extension(const struct kvm *kvm, int capability);
int kvm_enable_cap(const struct kvm *kvm, u32 capability, u64 arg0);

/* Whether processors can enter system management mode (SMM), with an address space of its own. */
bool kvm_has_smm(const struct kvm *kvm);

/* Creates the PICs, the IOAPIC, the LAPICs and the PIT in the kernel. */
int kvm_create_chips(const struct kvm *kvm, struct err *err);

/* @size 0 removes the slot. @flags: KVM_MEM_*. Bit 16 of @slot: the address space of SMM. */
int kvm_set_slot(const struct kvm *kvm, u32 slot, u32 flags, u64 gpa, u64 size, void *host);
u32 kvm_nr_slots(const struct kvm *kvm);

/* Get and set the state of a PIC or the IOAPIC (@chip->chip_id) and of the PIT. */
int kvm_get_irqchip(const struct kvm *kvm, struct kvm_irqchip *chip);
int kvm_set_irqchip(const struct kvm *kvm, const struct kvm_irqchip *chip);
int kvm_get_pit(const struct kvm *kvm, struct kvm_pit_state2 *pit);
int kvm_set_pit(const struct kvm *kvm, const struct kvm_pit_state2 *pit);

int kvm_irq_line(const struct kvm *kvm, u32 gsi, bool level);
int kvm_signal_msi(const struct kvm *kvm, u64 address, u32 data);
int kvm_set_routes(const struct kvm *kvm, const struct kvm_irq_routing *table);
/* @resamplefd -1: none. @flags: KVM_IRQFD_FLAG_*. */
int kvm_irqfd(const struct kvm *kvm, u32 gsi, int eventfd, int resamplefd, u32 flags);
/* Has a guest's write of @size bytes to @addr signal @eventfd instead of exiting to user space. */
int kvm_ioeventfd(const struct kvm *kvm, u64 addr, u32 size, int eventfd, u32 flags);
/* The same for writes of @value only; @flags: KVM_IOEVENTFD_FLAG_DEASSIGN undoes it, else 0. */
int kvm_ioeventfd_value(
	const struct kvm *kvm, u64 addr, u32 size, u64 value, int eventfd, u32 flags);

/*
 * Turns coalescing on or off: a guest's writes to [@addr, @addr + @size) of memory (@pio: of ports)
 * go to the machine's coalesced ring without an exit, as long as that has room.
 */
int kvm_coalesce(const struct kvm *kvm, u64 addr, u32 size, bool pio, bool on);

/* The pseudo device that tells KVM which VFIO groups the machine has. Returns its fd. */
int kvm_vfio_device(const struct kvm *kvm, struct err *err);
/* @attr: KVM_DEV_VFIO_GROUP_ADD or _DEL, or KVM_DEV_VFIO_FILE_ADD or _DEL on newer kernels. */
int kvm_vfio_device_file(int device_fd, u64 attr, int file_fd);

int kvm_vcpu_open(const struct kvm *kvm, struct kvm_vcpu *vcpu, u32 id, struct err *err);
void kvm_vcpu_close(struct kvm_vcpu *vcpu);
/* The machine's ring of coalesced writes, the same one for each vCPU; NULL if this KVM has none. */
struct kvm_coalesced_mmio_ring *kvm_vcpu_coalesced(
	const struct kvm *kvm, const struct kvm_vcpu *vcpu);
/*
 * Returns 0, and @vcpu->run says why the guest stopped, or -errno; -EINTR and -EAGAIN are not
 * fatal.
 */
int kvm_vcpu_run(struct kvm_vcpu *vcpu);

/* Raises an SMI, which the vCPU takes when it runs. */
int kvm_vcpu_smi(const struct kvm_vcpu *vcpu);

int kvm_vcpu_get_regs(const struct kvm_vcpu *vcpu, struct kvm_regs *regs);
int kvm_vcpu_set_regs(const struct kvm_vcpu *vcpu, const struct kvm_regs *regs);
int kvm_vcpu_get_sregs(const struct kvm_vcpu *vcpu, struct kvm_sregs *sregs);
int kvm_vcpu_set_sregs(const struct kvm_vcpu *vcpu, const struct kvm_sregs *sregs);
/*
 * The FPU with all that XSAVE saves. KVM_GET_FPU and KVM_SET_FPU have neither MXCSR nor what came
 * after SSE.
 */
int kvm_vcpu_get_xsave(const struct kvm_vcpu *vcpu, struct kvm_xsave *xsave);
int kvm_vcpu_set_xsave(const struct kvm_vcpu *vcpu, const struct kvm_xsave *xsave);
int kvm_vcpu_get_lapic(const struct kvm_vcpu *vcpu, struct kvm_lapic_state *lapic);
int kvm_vcpu_set_lapic(const struct kvm_vcpu *vcpu, const struct kvm_lapic_state *lapic);
int kvm_vcpu_get_events(const struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events);
int kvm_vcpu_set_events(const struct kvm_vcpu *vcpu, const struct kvm_vcpu_events *events);
int kvm_vcpu_get_debugregs(const struct kvm_vcpu *vcpu, struct kvm_debugregs *regs);
int kvm_vcpu_set_debugregs(const struct kvm_vcpu *vcpu, const struct kvm_debugregs *regs);
int kvm_vcpu_get_xcrs(const struct kvm_vcpu *vcpu, struct kvm_xcrs *xcrs);
int kvm_vcpu_set_xcrs(const struct kvm_vcpu *vcpu, const struct kvm_xcrs *xcrs);
/* @mp_state: KVM_MP_STATE_*. */
int kvm_vcpu_set_mp_state(const struct kvm_vcpu *vcpu, u32 mp_state);
/* Return how many of the @msrs->nmsrs registers were read or set, or -errno. */
int kvm_vcpu_get_msrs(const struct kvm_vcpu *vcpu, struct kvm_msrs *msrs);
int kvm_vcpu_set_msrs(const struct kvm_vcpu *vcpu, const struct kvm_msrs *msrs);
int kvm_vcpu_set_cpuid(const struct kvm_vcpu *vcpu, const struct kvm_cpuid2 *cpuid);
int kvm_vcpu_enable_cap(const struct kvm_vcpu *vcpu, u32 capability, u64 arg0);

/* The MSRs that KVM can save here; the caller frees it. NULL with @err set. */
struct kvm_msr_list *kvm_msr_list(const struct kvm *kvm, struct err *err);

/* The CPUID leaves that KVM supports here; the caller frees them. NULL with @err set. */
struct kvm_cpuid2 *kvm_supported_cpuid(const struct kvm *kvm, struct err *err);
/* The same for the Hyper-V leaves, if there is KVM_CAP_SYS_HYPERV_CPUID. */
struct kvm_cpuid2 *kvm_supported_hyperv(const struct kvm *kvm, struct err *err);

/* Reads the host's value of a feature MSR. Returns 0 or -ENOENT. */
int kvm_feature_msr(const struct kvm *kvm, u32 index, u64 *value);

#endif
