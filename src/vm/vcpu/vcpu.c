// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/vcpu.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"

/* Takes a vCPU's thread out of KVM_RUN; does nothing else. */
#define KICK_SIGNAL SIGUSR1

/* Less than a huge page: the kernel would back the default of 8 MiB with one, 2 MiB per vCPU. */
#define STACK_SIZE (256 * KIB)

static void on_kick(int signal)
{
}

static void exit_io(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;
	u8 *data = (u8 *)run + run->io.data_offset;
	unsigned size = run->io.size;

	for (u32 i = 0; i < run->io.count; i++, data += size) {
		if (run->io.direction == KVM_EXIT_IO_OUT)
			bus_write(vcpu->set->pio, run->io.port, size, get_le(data, size));
		else
			put_le(data, size, bus_read(vcpu->set->pio, run->io.port, size));
	}
}

static void exit_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;
	unsigned size = run->mmio.len;

	if (!size || size > sizeof(run->mmio.data))
		return;
	if (run->mmio.is_write)
		bus_write(vcpu->set->mmio, run->mmio.phys_addr, size, get_le(run->mmio.data, size));
	else
		put_le(run->mmio.data, size, bus_read(vcpu->set->mmio, run->mmio.phys_addr, size));
}

static void kick_all(struct vcpus *set)
{
	for (unsigned i = 0; i < set->nr; i++) {
		if (!set->vcpu[i].started || set->vcpu[i].parked)
			continue;
		__atomic_store_n(&set->vcpu[i].kvm.run->immediate_exit, 1, __ATOMIC_RELEASE);
		pthread_kill(set->vcpu[i].thread, KICK_SIGNAL);
	}
}

void vcpus_request_pause(struct vcpus *set)
{
	pthread_mutex_lock(&set->lock);
	__atomic_store_n(&set->pause, true, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed); /* for those that are held */
	kick_all(set);
	pthread_mutex_unlock(&set->lock);
}

void vcpus_hold(struct vcpus *set)
{
	pthread_mutex_lock(&set->lock);
	for (unsigned i = 0; i < set->nr; i++)
		if (set->vcpu[i].started && pthread_equal(set->vcpu[i].thread, pthread_self()))
			__atomic_store_n(&set->vcpu[i].held, true, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&set->lock);
}

void vcpus_go_on(struct vcpus *set)
{
	pthread_mutex_lock(&set->lock);
	for (unsigned i = 0; i < set->nr; i++)
		__atomic_store_n(&set->vcpu[i].held, false, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed);
	pthread_mutex_unlock(&set->lock);
}

static void tell(struct vcpu *vcpu, enum vcpu_event event, const char *why)
{
	struct vcpus *set = vcpu->set;

	vcpus_request_pause(set);
	set->event(set->owner, event, why);
}

static void tell_broken(struct vcpu *vcpu, const char *what, u64 code)
{
	struct kvm_regs regs = { 0 };
	char why[160];

	kvm_vcpu_get_regs(&vcpu->kvm, &regs);
	snprintf(why, sizeof(why), "vCPU %u at 0x%llx: %s (0x%llx)", vcpu->kvm.id,
		(unsigned long long)regs.rip, what, (unsigned long long)code);
	tell(vcpu, VCPU_EVENT_BROKEN, why);
}

static void handle_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		exit_io(vcpu);
		break;
	case KVM_EXIT_MMIO:
		exit_mmio(vcpu);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	case KVM_EXIT_SHUTDOWN:
		tell(vcpu, VCPU_EVENT_TRIPLE_FAULT, "triple fault");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		tell_broken(vcpu, "the processor refuses to enter the guest",
			run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		tell_broken(vcpu,
			run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION
				? "KVM cannot emulate an instruction"
				: "KVM internal error",
			run->internal.suberror);
		break;
	default:
		tell_broken(vcpu, "KVM stopped for a reason that tenon does not know",
			run->exit_reason);
	}
}

/*
 * An access that is half done belongs to the state before: KVM takes its result at the next
 * entry, so one is made that ends before the guest runs.
 */
static void finish_access(struct vcpu *vcpu)
{
	u32 reason = vcpu->kvm.run->exit_reason;

	if (reason != KVM_EXIT_IO && reason != KVM_EXIT_MMIO)
		return;
	__atomic_store_n(&vcpu->kvm.run->immediate_exit, 1, __ATOMIC_RELEASE);
	kvm_vcpu_run(&vcpu->kvm);
}

/* With the lock, which is given up meanwhile. */
static void become_parked(struct vcpu *vcpu)
{
	struct vcpus *set = vcpu->set;

	pthread_mutex_unlock(&set->lock);
	finish_access(vcpu);
	/* The exit of before is dealt with. */
	vcpu->kvm.run->exit_reason = KVM_EXIT_INTR;
	pthread_mutex_lock(&set->lock);
	vcpu->parked = true;
	pthread_cond_broadcast(&set->changed);
}

/* Waits while the set is paused or the vCPU is held. False: the thread is to end. */
static bool park(struct vcpu *vcpu)
{
	struct vcpus *set = vcpu->set;
	bool go_on;

	pthread_mutex_lock(&set->lock);
	while ((set->pause || vcpu->held) && !set->stop) {
		if (set->pause && !vcpu->parked)
			become_parked(vcpu);
		else
			pthread_cond_wait(&set->changed, &set->lock);
	}
	vcpu->parked = false;
	__atomic_store_n(&vcpu->kvm.run->immediate_exit, 0, __ATOMIC_RELEASE);
	go_on = !set->stop;
	pthread_mutex_unlock(&set->lock);
	return go_on;
}

static void *thread_main(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vcpus *set = vcpu->set;

	for (;;) {
		int ret;

		if (__atomic_load_n(&set->pause, __ATOMIC_ACQUIRE) ||
			__atomic_load_n(&set->stop, __ATOMIC_ACQUIRE) ||
			__atomic_load_n(&vcpu->held, __ATOMIC_ACQUIRE))
			if (!park(vcpu))
				return NULL;
		ret = kvm_vcpu_run(&vcpu->kvm);
		posted_drain(&set->posted);
		if (ret == -EINTR || ret == -EAGAIN)
			continue;
		if (ret < 0)
			tell_broken(vcpu, "KVM_RUN failed", (u64)-ret);
		else
			handle_exit(vcpu);
	}
}

static bool all_parked(const struct vcpus *set)
{
	for (unsigned i = 0; i < set->nr; i++)
		if (set->vcpu[i].started && !set->vcpu[i].parked)
			return false;
	return true;
}

void vcpus_pause(struct vcpus *set)
{
	vcpus_request_pause(set);
	pthread_mutex_lock(&set->lock);
	while (!all_parked(set))
		pthread_cond_wait(&set->changed, &set->lock);
	pthread_mutex_unlock(&set->lock);
}

static int start_thread(struct vcpu *vcpu)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return ret;
	ret = pthread_attr_setstacksize(&attr, STACK_SIZE);
	if (!ret)
		ret = pthread_create(&vcpu->thread, &attr, thread_main, vcpu);
	pthread_attr_destroy(&attr);
	return ret;
}

static int start_threads(struct vcpus *set, struct err *err)
{
	struct sigaction action = { .sa_handler = on_kick, .sa_flags = SA_RESTART };

	sigaction(KICK_SIGNAL, &action, NULL);
	for (unsigned i = 0; i < set->nr; i++) {
		struct vcpu *vcpu = &set->vcpu[i];
		int ret;

		if (vcpu->started)
			continue;
		ret = start_thread(vcpu);
		if (ret)
			return err_sys(err, ret, "cannot start the thread of vCPU %u", i);
		vcpu->started = true;
		pthread_setname_np(vcpu->thread, vcpu->name);
	}
	return 0;
}

int vcpus_resume(struct vcpus *set, struct err *err)
{
	int ret = start_threads(set, err);

	if (ret)
		return ret;
	pthread_mutex_lock(&set->lock);
	__atomic_store_n(&set->pause, false, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed);
	pthread_mutex_unlock(&set->lock);
	return 0;
}

int vcpus_reset(struct vcpus *set, struct err *err)
{
	vcpus_go_on(set);
	for (unsigned i = 0; i < set->nr; i++) {
		int ret = vcpu_state_restore(&set->vcpu[i].initial, &set->vcpu[i].kvm, err);

		if (ret)
			return ret;
	}
	return 0;
}

static int open_vcpu(struct vcpus *set, unsigned id, const struct kvm_cpuid2 *supported,
	const struct cpuid_config *config, struct err *err)
{
	size_t size = sizeof(*supported) + supported->nent * sizeof(supported->entries[0]);
	struct vcpu *vcpu = &set->vcpu[id];
	struct kvm_cpuid2 *cpuid;
	int ret;

	vcpu->set = set;
	snprintf(vcpu->name, sizeof(vcpu->name), "vcpu %u", id);
	ret = kvm_vcpu_open(set->kvm, &vcpu->kvm, id, err);
	if (ret)
		return ret;

	cpuid = malloc(size);
	if (!cpuid)
		return err_sys(err, ENOMEM, "cannot set the CPUID of vCPU %u", id);
	memcpy(cpuid, supported, size);
	cpuid_apply(cpuid, config, id);
	ret = kvm_vcpu_set_cpuid(&vcpu->kvm, cpuid);
	free(cpuid);
	if (ret < 0)
		return err_sys(err, -ret, "KVM refuses the CPUID of vCPU %u", id);
	return vcpu_state_save(&vcpu->initial, set->kvm, &vcpu->kvm, err);
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

int vcpus_open(struct vcpus *set, const struct kvm *kvm, const struct vcpus_config *config,
	struct err *err)
{
	struct cpuid_config cpuid = config->cpuid;
	int limit = kvm_extension(kvm, KVM_CAP_MAX_VCPUS);
	struct kvm_cpuid2 *supported;
	int ret = 0;

	*set = (struct vcpus){
		.kvm = kvm,
		.pio = config->pio,
		.mmio = config->mmio,
		.event = config->event,
		.owner = config->owner,
		.pause = true,
	};
	pthread_mutex_init(&set->lock, NULL);
	pthread_cond_init(&set->changed, NULL);

	if (limit < 1 || limit > VCPUS_MAX)
		limit = VCPUS_MAX;
	if (config->cpuid.nr_cpus < 1 || config->cpuid.nr_cpus > (unsigned)limit)
		return err_set(err, EINVAL, "a machine has 1 to %d vCPUs here, not %u", limit,
			config->cpuid.nr_cpus);
	set->vcpu = calloc(config->cpuid.nr_cpus, sizeof(*set->vcpu));
	if (!set->vcpu)
		return err_sys(err, ENOMEM, "cannot make the vCPUs");
	supported = kvm_supported_cpuid(kvm, err);
	if (!supported)
		return -err->code;
	cpuid.tsc_deadline = kvm_extension(kvm, KVM_CAP_TSC_DEADLINE_TIMER);
	for (unsigned i = 0; i < config->cpuid.nr_cpus && !ret; i++) {
		set->vcpu[i].kvm.fd = -1;
		set->nr++;
		ret = open_vcpu(set, i, supported, &cpuid, err);
	}
	free(supported);
	if (!ret)
		posted_open(&set->posted, kvm, kvm_vcpu_queue(kvm, &set->vcpu[0].kvm), set->mmio);
	return ret;
}

void vcpus_close(struct vcpus *set)
{
	if (!set->kvm)
		return;
	pthread_mutex_lock(&set->lock);
	__atomic_store_n(&set->stop, true, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed);
	kick_all(set);
	pthread_mutex_unlock(&set->lock);
	for (unsigned i = 0; i < set->nr; i++)
		if (set->vcpu[i].started)
			pthread_join(set->vcpu[i].thread, NULL);
	posted_close(&set->posted);
	for (unsigned i = 0; i < set->nr; i++) {
		vcpu_state_free(&set->vcpu[i].initial);
		kvm_vcpu_close(&set->vcpu[i].kvm);
	}
	free(set->vcpu);
	pthread_mutex_destroy(&set->lock);
	pthread_cond_destroy(&set->changed);
	*set = (struct vcpus){ 0 };
}
