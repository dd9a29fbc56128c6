// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/outer_read.h"

#define MAX_CPUID_ENTRIES 512
#define MAX_MSRS          1024
#define KVM_PAGE          4096

static const struct {
	int capability;
	const char *name;
} required[] = {
	{ KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY" },
	{ KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP" },
	{ KVM_CAP_PIT2, "KVM_CAP_PIT2" },
	{ KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING" },
	{ KVM_CAP_IRQFD, "KVM_CAP_IRQFD" },
	{ KVM_CAP_IRQFD_RESAMPLE, "KVM_CAP_IRQFD_RESAMPLE" },
	{ KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD" },
	{ KVM_CAP_SIGNAL_MSI, "KVM_CAP_SIGNAL_MSI" },
	{ KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM" },
	{ KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
	{ KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID" },
};

static int call(int fd, unsigned long request, const void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int call_int(int fd, unsigned long request, unsigned long arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int open_device(struct kvm *kvm, struct err *err)
{
	int version;

	kvm->fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->fd < 0) {
		int code = errno;
		const char *outer = outer_kvm(outer_of_this_host());

		err_sys(err, code, "cannot open /dev/kvm");
		if (code == ENOENT || code == ENODEV)
			return err_help(err, "%s, then: modprobe kvm_intel (or kvm_amd)",
				outer ? outer : "Turn on VT-x or AMD-V in the firmware's setup");
		return err_help(err, "Run as root, or join the group that owns /dev/kvm: "
				     "usermod -aG kvm $USER");
	}

	version = call_int(kvm->fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		return err_set(err, ENOTSUP, "/dev/kvm has API version %d, not %d", version,
			KVM_API_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		if (!kvm_extension(kvm, required[i].capability))
			return err_set(
				err, ENOTSUP, "this kernel's KVM lacks %s", required[i].name);
	return 0;
}

/* @fd: a machine or a vCPU. Kernels before 5.14 have no statistics. */
static int open_stats(int fd)
{
	int stats = call_int(fd, KVM_GET_STATS_FD, 0);

	return stats < 0 ? -1 : stats;
}

int kvm_open(struct kvm *kvm, struct err *err)
{
	int ret;

	*kvm = (struct kvm){ .fd = -1, .vm_fd = -1, .stats_fd = -1 };
	ret = open_device(kvm, err);
	if (ret)
		goto fail;

	kvm->run_size = call_int(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (kvm->run_size < (int)sizeof(struct kvm_run)) {
		ret = err_set(
			err, ENOTSUP, "KVM offers %d bytes for a vCPU's state", kvm->run_size);
		goto fail;
	}
	do {
		kvm->vm_fd = call_int(kvm->fd, KVM_CREATE_VM, 0);
	} while (kvm->vm_fd == -EINTR);
	if (kvm->vm_fd < 0) {
		ret = err_sys(err, -kvm->vm_fd, "KVM cannot make a virtual machine");
		goto fail;
	}
	kvm->stats_fd = open_stats(kvm->vm_fd);
	return 0;

fail:
	kvm_close(kvm);
	return ret;
}

void kvm_close(struct kvm *kvm)
{
	close_fd(&kvm->stats_fd);
	close_fd(&kvm->vm_fd);
	close_fd(&kvm->fd);
}

int kvm_extension(const struct kvm *kvm, int capability)
{
	int ret = call_int(kvm->vm_fd >= 0 ? kvm->vm_fd : kvm->fd, KVM_CHECK_EXTENSION,
		(unsigned long)capability);

	return ret > 0 ? ret : 0;
}

bool kvm_has_smm(const struct kvm *kvm)
{
	return kvm_extension(kvm, KVM_CAP_X86_SMM) &&
	       kvm_extension(kvm, KVM_CAP_MULTI_ADDRESS_SPACE) >= 2;
}

int kvm_enable_cap(const struct kvm *kvm, u32 capability, u64 arg0)
{
	struct kvm_enable_cap cap = { .cap = capability, .args = { arg0 } };

	return call(kvm->vm_fd, KVM_ENABLE_CAP, &cap);
}

int kvm_create_chips(const struct kvm *kvm, struct err *err)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	/*
	 * Reinjecting missed PIT ticks needs an exit on each EOI, which inhibits AVIC on AMD: turn
	 * it off.
	 */
	struct kvm_reinject_control reinject = { .pit_reinject = 0 };
	u64 identity_map = KVM_IDENTITY_MAP_ADDR;
	int ret;

	ret = call(kvm->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	if (ret < 0)
		return err_sys(err, -ret, "KVM_SET_IDENTITY_MAP_ADDR failed");
	ret = call_int(kvm->vm_fd, KVM_SET_TSS_ADDR, KVM_TSS_ADDR);
	if (ret < 0)
		return err_sys(err, -ret, "KVM_SET_TSS_ADDR failed");
	ret = call_int(kvm->vm_fd, KVM_CREATE_IRQCHIP, 0);
	if (ret < 0)
		return err_sys(err, -ret, "KVM cannot make the interrupt controllers");
	ret = call(kvm->vm_fd, KVM_CREATE_PIT2, &pit);
	if (ret < 0)
		return err_sys(err, -ret, "KVM cannot make the interval timer");
	ret = call(kvm->vm_fd, KVM_REINJECT_CONTROL, &reinject);
	if (ret < 0)
		return err_sys(err, -ret, "KVM cannot let late ticks of the interval timer go");
	return 0;
}

int kvm_set_slot(const struct kvm *kvm, u32 slot, u32 flags, u64 gpa, u64 size, void *host)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (u64)(uintptr_t)host,
	};

	return call(kvm->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
}

u32 kvm_nr_slots(const struct kvm *kvm)
{
	int nr = kvm_extension(kvm, KVM_CAP_NR_MEMSLOTS);

	return nr ? nr : 32;
}

int kvm_get_irqchip(const struct kvm *kvm, struct kvm_irqchip *chip)
{
	return call(kvm->vm_fd, KVM_GET_IRQCHIP, chip);
}

int kvm_set_irqchip(const struct kvm *kvm, const struct kvm_irqchip *chip)
{
	return call(kvm->vm_fd, KVM_SET_IRQCHIP, chip);
}

int kvm_get_pit(const struct kvm *kvm, struct kvm_pit_state2 *pit)
{
	return call(kvm->vm_fd, KVM_GET_PIT2, pit);
}

int kvm_set_pit(const struct kvm *kvm, const struct kvm_pit_state2 *pit)
{
	return call(kvm->vm_fd, KVM_SET_PIT2, pit);
}

int kvm_irq_line(const struct kvm *kvm, u32 gsi, bool level)
{
	struct kvm_irq_level line = { .irq = gsi, .level = level };

	return call(kvm->vm_fd, KVM_IRQ_LINE, &line);
}

int kvm_signal_msi(const struct kvm *kvm, u64 address, u32 data)
{
	struct kvm_msi msi = {
		.address_lo = (u32)address,
		.address_hi = (u32)(address >> 32),
		.data = data,
	};

	return call(kvm->vm_fd, KVM_SIGNAL_MSI, &msi);
}

int kvm_set_routes(const struct kvm *kvm, const struct kvm_irq_routing *table)
{
	return call(kvm->vm_fd, KVM_SET_GSI_ROUTING, table);
}

int kvm_irqfd(const struct kvm *kvm, u32 gsi, int eventfd, int resamplefd, u32 flags)
{
	struct kvm_irqfd irqfd = { .fd = eventfd, .gsi = gsi, .flags = flags };

	if (resamplefd >= 0) {
		irqfd.flags |= KVM_IRQFD_FLAG_RESAMPLE;
		irqfd.resamplefd = resamplefd;
	}
	return call(kvm->vm_fd, KVM_IRQFD, &irqfd);
}

int kvm_ioeventfd(const struct kvm *kvm, u64 addr, u32 size, int eventfd, u32 flags)
{
	struct kvm_ioeventfd io = { .addr = addr, .len = size, .fd = eventfd, .flags = flags };

	return call(kvm->vm_fd, KVM_IOEVENTFD, &io);
}

int kvm_ioeventfd_value(
	const struct kvm *kvm, u64 addr, u32 size, u64 value, int eventfd, u32 flags)
{
	struct kvm_ioeventfd io = {
		.datamatch = value,
		.addr = addr,
		.len = size,
		.fd = eventfd,
		.flags = flags | KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	return call(kvm->vm_fd, KVM_IOEVENTFD, &io);
}

int kvm_coalesce(const struct kvm *kvm, u64 addr, u32 size, bool pio, bool on)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = addr, .size = size, .pio = pio };

	return call(kvm->vm_fd, on ? KVM_REGISTER_COALESCED_MMIO : KVM_UNREGISTER_COALESCED_MMIO,
		&zone);
}

int kvm_vfio_device(const struct kvm *kvm, struct err *err)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
	int ret = call(kvm->vm_fd, KVM_CREATE_DEVICE, &device);

	if (ret < 0)
		return err_sys(err, -ret, "KVM cannot make its VFIO device");
	return (int)device.fd;
}

int kvm_vfio_device_file(int device_fd, u64 attr, int file_fd)
{
	s32 fd = file_fd;
	struct kvm_device_attr request = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = attr,
		.addr = (u64)(uintptr_t)&fd,
	};

	return call(device_fd, KVM_SET_DEVICE_ATTR, &request);
}

int kvm_vcpu_open(const struct kvm *kvm, struct kvm_vcpu *vcpu, u32 id, struct err *err)
{
	void *run;

	*vcpu = (struct kvm_vcpu){ .fd = -1, .id = id, .run_size = kvm->run_size, .stats_fd = -1 };
	vcpu->fd = call_int(kvm->vm_fd, KVM_CREATE_VCPU, id);
	if (vcpu->fd < 0) {
		int code = -vcpu->fd;

		vcpu->fd = -1;
		return err_sys(err, code, "KVM cannot make vCPU %u", id);
	}
	run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED) {
		int code = errno;

		kvm_vcpu_close(vcpu);
		return err_sys(err, code, "cannot map the state of vCPU %u", id);
	}
	vcpu->run = run;
	vcpu->stats_fd = open_stats(vcpu->fd);
	return 0;
}

void kvm_vcpu_close(struct kvm_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_size);
	vcpu->run = NULL;
	close_fd(&vcpu->stats_fd);
	close_fd(&vcpu->fd);
}

struct kvm_coalesced_mmio_ring *kvm_vcpu_coalesced(
	const struct kvm *kvm, const struct kvm_vcpu *vcpu)
{
	/* The extension's value is the ring's offset in the vCPU's mapping, in pages. */
	int pages = kvm_extension(kvm, KVM_CAP_COALESCED_MMIO);

	if (!pages || (pages + 1) * KVM_PAGE > vcpu->run_size)
		return NULL;
	return (void *)((char *)vcpu->run + pages * KVM_PAGE);
}

int kvm_vcpu_run(struct kvm_vcpu *vcpu)
{
	return call_int(vcpu->fd, KVM_RUN, 0);
}

int kvm_vcpu_smi(const struct kvm_vcpu *vcpu)
{
	return call_int(vcpu->fd, KVM_SMI, 0);
}

int kvm_vcpu_get_regs(const struct kvm_vcpu *vcpu, struct kvm_regs *regs)
{
	return call(vcpu->fd, KVM_GET_REGS, regs);
}

int kvm_vcpu_set_regs(const struct kvm_vcpu *vcpu, const struct kvm_regs *regs)
{
	return call(vcpu->fd, KVM_SET_REGS, regs);
}

int kvm_vcpu_get_sregs(const struct kvm_vcpu *vcpu, struct kvm_sregs *sregs)
{
	return call(vcpu->fd, KVM_GET_SREGS, sregs);
}

int kvm_vcpu_set_sregs(const struct kvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	return call(vcpu->fd, KVM_SET_SREGS, sregs);
}

int kvm_vcpu_get_xsave(const struct kvm_vcpu *vcpu, struct kvm_xsave *xsave)
{
	return call(vcpu->fd, KVM_GET_XSAVE, xsave);
}

int kvm_vcpu_set_xsave(const struct kvm_vcpu *vcpu, const struct kvm_xsave *xsave)
{
	return call(vcpu->fd, KVM_SET_XSAVE, xsave);
}

int kvm_vcpu_get_lapic(const struct kvm_vcpu *vcpu, struct kvm_lapic_state *lapic)
{
	return call(vcpu->fd, KVM_GET_LAPIC, lapic);
}

int kvm_vcpu_set_lapic(const struct kvm_vcpu *vcpu, const struct kvm_lapic_state *lapic)
{
	return call(vcpu->fd, KVM_SET_LAPIC, lapic);
}

int kvm_vcpu_get_events(const struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	return call(vcpu->fd, KVM_GET_VCPU_EVENTS, events);
}

int kvm_vcpu_set_events(const struct kvm_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	return call(vcpu->fd, KVM_SET_VCPU_EVENTS, events);
}

int kvm_vcpu_get_debugregs(const struct kvm_vcpu *vcpu, struct kvm_debugregs *regs)
{
	return call(vcpu->fd, KVM_GET_DEBUGREGS, regs);
}

int kvm_vcpu_set_debugregs(const struct kvm_vcpu *vcpu, const struct kvm_debugregs *regs)
{
	return call(vcpu->fd, KVM_SET_DEBUGREGS, regs);
}

int kvm_vcpu_get_xcrs(const struct kvm_vcpu *vcpu, struct kvm_xcrs *xcrs)
{
	return call(vcpu->fd, KVM_GET_XCRS, xcrs);
}

int kvm_vcpu_set_xcrs(const struct kvm_vcpu *vcpu, const struct kvm_xcrs *xcrs)
{
	return call(vcpu->fd, KVM_SET_XCRS, xcrs);
}

int kvm_vcpu_get_msrs(const struct kvm_vcpu *vcpu, struct kvm_msrs *msrs)
{
	return call(vcpu->fd, KVM_GET_MSRS, msrs);
}

int kvm_vcpu_set_msrs(const struct kvm_vcpu *vcpu, const struct kvm_msrs *msrs)
{
	return call(vcpu->fd, KVM_SET_MSRS, msrs);
}

int kvm_vcpu_set_mp_state(const struct kvm_vcpu *vcpu, u32 mp_state)
{
	struct kvm_mp_state state = { .mp_state = mp_state };

	return call(vcpu->fd, KVM_SET_MP_STATE, &state);
}

int kvm_vcpu_set_cpuid(const struct kvm_vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
	return call(vcpu->fd, KVM_SET_CPUID2, cpuid);
}

int kvm_vcpu_enable_cap(const struct kvm_vcpu *vcpu, u32 capability, u64 arg0)
{
	struct kvm_enable_cap cap = { .cap = capability, .args = { arg0 } };

	return call(vcpu->fd, KVM_ENABLE_CAP, &cap);
}

struct kvm_msr_list *kvm_msr_list(const struct kvm *kvm, struct err *err)
{
	struct kvm_msr_list *list = calloc(1, sizeof(*list) + MAX_MSRS * sizeof(list->indices[0]));
	int ret;

	if (!list) {
		err_sys(err, ENOMEM, "cannot read the list of MSRs");
		return NULL;
	}
	list->nmsrs = MAX_MSRS;
	ret = call(kvm->fd, KVM_GET_MSR_INDEX_LIST, list);
	if (ret < 0) {
		err_sys(err, -ret, "KVM_GET_MSR_INDEX_LIST failed");
		free(list);
		return NULL;
	}
	return list;
}

static struct kvm_cpuid2 *read_cpuid(
	const struct kvm *kvm, unsigned long request, const char *name, struct err *err)
{
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + MAX_CPUID_ENTRIES * sizeof(cpuid->entries[0]));
	int ret;

	if (!cpuid) {
		err_sys(err, ENOMEM, "cannot read the supported CPUID");
		return NULL;
	}
	cpuid->nent = MAX_CPUID_ENTRIES;
	ret = call(kvm->fd, request, cpuid);
	if (ret < 0) {
		err_sys(err, -ret, "%s failed", name);
		free(cpuid);
		return NULL;
	}
	return cpuid;
}

struct kvm_cpuid2 *kvm_supported_cpuid(const struct kvm *kvm, struct err *err)
{
	return read_cpuid(kvm, KVM_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID", err);
}

struct kvm_cpuid2 *kvm_supported_hyperv(const struct kvm *kvm, struct err *err)
{
	return read_cpuid(kvm, KVM_GET_SUPPORTED_HV_CPUID, "KVM_GET_SUPPORTED_HV_CPUID", err);
}

int kvm_feature_msr(const struct kvm *kvm, u32 index, u64 *value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} one = { .head = { .nmsrs = 1 }, .entry = { .index = index } };

	if (call(kvm->fd, KVM_GET_MSRS, &one.head) != 1)
		return -ENOENT;
	*value = one.entry.data;
	return 0;
}
