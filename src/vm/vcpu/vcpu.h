/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's vCPUs: each has a thread, which runs the guest and turns its exits into accesses on
 * the buses. The machine's owner is told of events that end or reset the machine.
 *
 * The machine's thread calls the vcpus_*() functions, unless a comment says otherwise; a vCPU's
 * thread calls the callback.
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
	pid_t tid; /* of that thread, as the kernel numbers it; 0 before it runs */
	bool started;
	bool parked;
	bool held; /* by vcpus_hold() */
	bool smi;  /* raise an SMI before the guest runs on */
	char name[16];
};

struct vcpus {
	const struct kvm *kvm;
	struct bus *pio;
	struct bus *mmio;
	/* Called by a vCPU, which then parks itself and waits for the owner. */
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
	struct cpuid_config cpuid; /* without tsc_deadline and the Hyper-V leaves */
	const char *hyperv_vendor; /* NULL: HYPERV_VENDOR, or if KVM is hidden the processor's */
	bool own_cores;            /* see struct hyperv_wish */
	const struct placement *placement; /* outlives the vCPUs */
	struct bus *pio;
	struct bus *mmio;
	void (*event)(void *owner, enum vcpu_event event, const char *why);
	void *owner;
};

#define VCPUS_MAX 255

/* The physical address width that KVM supports for guests on this host. */
int vcpus_host_phys_bits(const struct kvm *kvm, unsigned *bits, struct err *err);

/* Creates the vCPUs; all are parked. */
int vcpus_open(struct vcpus *set, const struct kvm *kvm, const struct vcpus_config *config,
	struct err *err);
/* Stops the threads first. */
void vcpus_close(struct vcpus *set);

/* Resets all vCPUs to their state after power-on. They must be parked. */
int vcpus_reset(struct vcpus *set, struct err *err);

/* Starts their threads, which are parked at first. */
int vcpus_start(struct vcpus *set, struct err *err);
/* Lets the vCPUs run. */
void vcpus_resume(struct vcpus *set);
/*
 * Called within a vCPU's access: the vCPU waits after the access until vcpus_unhold() or a reset.
 * Meanwhile it can be paused and stopped. No effect on other threads.
 */
void vcpus_hold(struct vcpus *set);
/* Lets all held vCPUs run again. Any thread. */
void vcpus_unhold(struct vcpus *set);
/*
 * Called within a vCPU's access: that vCPU gets an SMI after the access; or, with @all, every vCPU
 * gets one as soon as it can. Only in machines with SMM.
 */
void vcpus_smi(struct vcpus *set, bool all);
/* Makes every vCPU park as soon as it can. Any thread, even a vCPU's. */
void vcpus_request_pause(struct vcpus *set);
/*
 * Makes every vCPU park, and waits until each of them is and none is within an access, but at most
 * VCPUS_PATIENCE_MS: an access can take as long as a device wants. Returns whether they are parked;
 * if not, they will be, and the caller calls again.
 */
#define VCPUS_PATIENCE_MS 100
bool vcpus_pause(struct vcpus *set);

/* The thread of a vCPU, as the kernel numbers it; 0: it does not run yet, or there is no such vCPU.
 */
pid_t vcpus_thread(const struct vcpus *set, unsigned index);

#endif
