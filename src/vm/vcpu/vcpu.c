// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/vcpu.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/thread.h"
#include "vm/vcpu/exit.h"
#include "vm/vcpu/setup.h"

/* Interrupts a vCPU's KVM_RUN and has no other effect. */
#define KICK_SIGNAL SIGUSR1

/*
 * Less than a huge page: the kernel would back the default stack of 8 MiB with one, 2 MiB for each
 * vCPU.
 */
#define STACK_SIZE (256 * KIB)

static void on_kick(int signal)
{
}

/* Interrupts @vcpu's KVM_RUN, or its next one. The lock is held. */
static void kick(struct vcpu *vcpu)
{
	if (!vcpu->started || vcpu->parked)
		return;
	__atomic_store_n(&vcpu->kvm.run->immediate_exit, 1, __ATOMIC_RELEASE);
	pthread_kill(vcpu->thread, KICK_SIGNAL);
}

static void kick_all(struct vcpus *set)
{
	for (unsigned i = 0; i < set->nr; i++)
		kick(&set->vcpu[i]);
}

void vcpus_smi(struct vcpus *set, bool all)
{
	pthread_mutex_lock(&set->lock);
	for (unsigned i = 0; i < set->nr; i++) {
		struct vcpu *vcpu = &set->vcpu[i];
		bool self = vcpu->started && pthread_equal(vcpu->thread, pthread_self());

		if (!all && !self)
			continue;
		__atomic_store_n(&vcpu->smi, true, __ATOMIC_RELEASE);
		if (!self)
			kick(vcpu);
	}
	pthread_mutex_unlock(&set->lock);
}

void vcpus_request_pause(struct vcpus *set)
{
	pthread_mutex_lock(&set->lock);
	__atomic_store_n(&set->pause, true, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed); /* for held vCPUs */
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

void vcpus_unhold(struct vcpus *set)
{
	pthread_mutex_lock(&set->lock);
	for (unsigned i = 0; i < set->nr; i++)
		__atomic_store_n(&set->vcpu[i].held, false, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed);
	pthread_mutex_unlock(&set->lock);
}

/* The lock is held; it is released while the exit is completed. */
static void become_parked(struct vcpu *vcpu)
{
	struct vcpus *set = vcpu->set;

	pthread_mutex_unlock(&set->lock);
	vcpu_finish_exit(vcpu);
	/* The last exit has been handled. */
	vcpu->kvm.run->exit_reason = KVM_EXIT_INTR;
	pthread_mutex_lock(&set->lock);
	vcpu->parked = true;
	pthread_cond_broadcast(&set->changed);
}

/* Waits while the set is paused or the vCPU is held. Returns false if the thread must end. */
static bool park(struct vcpu *vcpu)
{
	struct vcpus *set = vcpu->set;
	bool resume;

	pthread_mutex_lock(&set->lock);
	while ((set->pause || vcpu->held) && !set->stop) {
		if (set->pause && !vcpu->parked)
			become_parked(vcpu);
		else
			pthread_cond_wait(&set->changed, &set->lock);
	}
	vcpu->parked = false;
	__atomic_store_n(&vcpu->kvm.run->immediate_exit, 0, __ATOMIC_RELEASE);
	resume = !set->stop;
	pthread_mutex_unlock(&set->lock);
	return resume;
}

/*
 * Hands a wanted SMI to KVM. The kick that came with it also asks KVM_RUN to return at once, which
 * is taken back first: a pause that is requested meanwhile asks again, or its flag is seen
 * afterwards.
 */
static void take_smi(struct vcpu *vcpu)
{
	int ret;

	if (!__atomic_load_n(&vcpu->smi, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&vcpu->kvm.run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	if (!__atomic_exchange_n(&vcpu->smi, false, __ATOMIC_SEQ_CST))
		return;
	ret = kvm_vcpu_smi(&vcpu->kvm);
	if (ret < 0)
		vcpu_tell_broken(vcpu, "KVM refuses an SMI", (u64)-ret);
}

static void *thread_main(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vcpus *set = vcpu->set;

	thread_set_kind(THREAD_VCPU);
	__atomic_store_n(&vcpu->tid, gettid(), __ATOMIC_RELAXED);
	for (;;) {
		int ret;

		take_smi(vcpu);
		if (__atomic_load_n(&set->pause, __ATOMIC_ACQUIRE) ||
			__atomic_load_n(&set->stop, __ATOMIC_ACQUIRE) ||
			__atomic_load_n(&vcpu->held, __ATOMIC_ACQUIRE)) {
			if (!park(vcpu))
				return NULL;
			continue; /* there may be an SMI now */
		}
		ret = kvm_vcpu_run(&vcpu->kvm);
		coalesced_drain(&set->coalesced);
		if (ret == -EINTR || ret == -EAGAIN)
			continue;
		if (ret < 0)
			vcpu_tell_broken(vcpu, "KVM_RUN failed", (u64)-ret);
		else
			vcpu_handle_exit(vcpu);
	}
}

static bool all_parked(const struct vcpus *set)
{
	for (unsigned i = 0; i < set->nr; i++)
		if (set->vcpu[i].started && !set->vcpu[i].parked)
			return false;
	return true;
}

bool vcpus_pause(struct vcpus *set)
{
	bool parked, in_time = true;

	vcpus_request_pause(set);
	pthread_mutex_lock(&set->lock);
	while (!(parked = all_parked(set)) && in_time)
		in_time = thread_wait_within(&set->changed, &set->lock, VCPUS_PATIENCE_MS);
	pthread_mutex_unlock(&set->lock);
	return parked;
}

static int start_thread(struct vcpu *vcpu, unsigned index)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return ret;
	ret = pthread_attr_setstacksize(&attr, STACK_SIZE);
	if (!ret)
		ret = placement_set(vcpu->set->placement, index, &attr);
	if (!ret)
		ret = pthread_create(&vcpu->thread, &attr, thread_main, vcpu);
	pthread_attr_destroy(&attr);
	return ret;
}

/*
 * @flags: SA_RESTART, so that a kick only interrupts KVM_RUN, or 0 to interrupt every system call.
 */
static void handle_kicks(int flags)
{
	const struct sigaction action = { .sa_handler = on_kick, .sa_flags = flags };

	sigaction(KICK_SIGNAL, &action, NULL);
}

int vcpus_start(struct vcpus *set, struct err *err)
{
	handle_kicks(SA_RESTART);
	for (unsigned i = 0; i < set->nr; i++) {
		struct vcpu *vcpu = &set->vcpu[i];
		int ret = start_thread(vcpu, i);

		if (ret)
			return placement_explain(set->placement, i, ret, err);
		vcpu->started = true;
		pthread_setname_np(vcpu->thread, vcpu->name);
	}
	return 0;
}

void vcpus_resume(struct vcpus *set)
{
	pthread_mutex_lock(&set->lock);
	__atomic_store_n(&set->pause, false, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&set->changed);
	pthread_mutex_unlock(&set->lock);
}

int vcpus_reset(struct vcpus *set, struct err *err)
{
	vcpus_unhold(set);
	for (unsigned i = 0; i < set->nr; i++)
		__atomic_store_n(&set->vcpu[i].smi, false, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < set->nr; i++) {
		int ret = vcpu_state_restore(&set->vcpu[i].initial, &set->vcpu[i].kvm, err);

		if (ret)
			return ret;
	}
	return 0;
}

int vcpus_open(struct vcpus *set, const struct kvm *kvm, const struct vcpus_config *config,
	struct err *err)
{
	struct cpuid_config cpuid_config = config->cpuid;
	unsigned nr = topology_cpus(&cpuid_config.topology);
	struct kvm_cpuid2 *cpuid;
	int ret;

	*set = (struct vcpus){
		.kvm = kvm,
		.pio = config->pio,
		.mmio = config->mmio,
		.placement = config->placement,
		.event = config->event,
		.owner = config->owner,
		.pause = true,
	};
	pthread_mutex_init(&set->lock, NULL);
	pthread_cond_init(&set->changed, NULL);

	ret = vcpu_check_number(kvm, topology_cpus(&config->cpuid.topology), err);
	if (ret)
		return ret;
	set->vcpu = calloc(nr, sizeof(*set->vcpu));
	if (!set->vcpu)
		return err_sys(err, ENOMEM, "cannot make the vCPUs");
	ret = vcpu_choose_cpuid(kvm, config, &cpuid_config, &cpuid, err);
	for (unsigned i = 0; i < nr && !ret; i++) {
		set->vcpu[i].kvm.fd = set->vcpu[i].kvm.stats_fd = -1;
		set->vcpu[i].set = set;
		set->nr++;
		ret = vcpu_setup(&set->vcpu[i], i, cpuid, &cpuid_config, err);
	}
	free(cpuid);
	if (!ret)
		coalesced_open(&set->coalesced, kvm, kvm_vcpu_coalesced(kvm, &set->vcpu[0].kvm),
			set->mmio);
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
	/*
	 * An access may wait in the kernel, for example for legacy VGA that another process has
	 * locked.
	 */
	handle_kicks(0);
	for (unsigned i = 0; i < set->nr; i++)
		if (set->vcpu[i].started)
			thread_join_by(set->vcpu[i].thread, KICK_SIGNAL);
	handle_kicks(SA_RESTART);
	coalesced_close(&set->coalesced);
	for (unsigned i = 0; i < set->nr; i++) {
		vcpu_state_free(&set->vcpu[i].initial);
		kvm_vcpu_close(&set->vcpu[i].kvm);
	}
	free(set->vcpu);
	pthread_mutex_destroy(&set->lock);
	pthread_cond_destroy(&set->changed);
	*set = (struct vcpus){ 0 };
}

pid_t vcpus_thread(const struct vcpus *set, unsigned index)
{
	return index < set->nr ? __atomic_load_n(&set->vcpu[index].tid, __ATOMIC_RELAXED) : 0;
}
