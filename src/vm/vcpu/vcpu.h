/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processors of the machine: one thread each, which runs the guest and turns its exits into
 * accesses on the buses. What ends or resets the machine is told to its owner.
 *
 * vcpus_*() are called from one thread, the machine's, but where they say otherwise; the
 * callback comes from a vCPU's.
 */
#ifndef VM_VCPU_VCPU_H
#define VM_VCPU_VCPU_H

#include <pthread.h>

#include "kernel/kvm.h"
#include "vm/bus/bus.h"
#include "vm/vcpu/coalesced.h"
#include "vm/vcpu/cpuid.h"
#include "vm/vcpu/placement.h"
#include "vm/vcpu/state.h"

enum vcpu_event {
	VCPU_EVENT_TRIPLE_FAULT,
	VCPU_EVENT_BROKEN, /* KVM cannot go on; @why says what happened */
};

struct vcpus;

struct vcpu {
	struct vcpus *set;
	struct kvm_vcpu kvm;
	struct vcpu_state initial;
	pthread_t thread;
	bool started;
	bool parked;
	bool held; /* by vcpus_hold() */
	char name[16];
};

struct vcpus {
	const struct kvm *kvm;
	struct bus *pio;
	struct bus *mmio;
	/* The vCPU parks itself after the call and waits for what the owner does. */
	void (*event)(void *owner, enum vcpu_event event, const char *why);
	void *owner;

	struct coalesced coalesced;
	const struct placement *placement;
	struct vcpu *vcpu;
	unsigned nr;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool pause;
	bool stop;
};

struct vcpus_config {
	struct cpuid_config cpuid; /* tsc_deadline and the Hyper-V leaves are chosen */
	const char *hyperv_vendor; /* NULL: HYPERV_VENDOR, or where KVM is hidden the processor's */
	const struct placement *placement; /* outlives the vCPUs */
	struct bus *pio;
	struct bus *mmio;
	void (*event)(void *owner, enum vcpu_event event, const char *why);
	void *owner;
};

#define VCPUS_MAX 255

/* The physical address width that KVM has for guests on this host. */
int vcpus_host_phys_bits(const struct kvm *kvm, unsigned *bits, struct err *err);

/* Makes the vCPUs, parked. */
int vcpus_open(struct vcpus *set, const struct kvm *kvm, const struct vcpus_config *config,
	struct err *err);
/* Stops the threads first. */
void vcpus_close(struct vcpus *set);

/* All of them as after power-on. They are parked. */
int vcpus_reset(struct vcpus *set, struct err *err);

/* Starts their threads, which are parked. */
int vcpus_start(struct vcpus *set, struct err *err);
/* Lets the vCPUs run. */
void vcpus_resume(struct vcpus *set);
/*
 * From the access that a vCPU makes: it waits when that is over, until vcpus_unhold() or a reset.
 * Meanwhile it can be paused and stopped. Without effect on other threads.
 */
void vcpus_hold(struct vcpus *set);
/* All that were held run again. Any thread. */
void vcpus_unhold(struct vcpus *set);
/* Has every vCPU park as soon as it can. Any thread, also a vCPU's own. */
void vcpus_request_pause(struct vcpus *set);
/* Returns when every vCPU is parked and no access of it is under way. */
void vcpus_pause(struct vcpus *set);

#endif
