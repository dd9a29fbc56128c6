/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of a machine's posted writes (struct bus_coalesced): KVM's ring, one for all vCPUs,
 * into which the kernel puts writes to chosen addresses without leaving the guest. A full ring
 * makes the next write an exit like any other.
 *
 * An entry leaves the ring when it is written, so that whoever finds the ring empty comes behind
 * all that was in it.
 */
#ifndef VM_VCPU_COALESCED_H
#define VM_VCPU_COALESCED_H

#include <pthread.h>

#include "kernel/kvm.h"
#include "vm/bus/bus.h"

struct coalesced {
	struct bus_coalesced queue;
	const struct kvm *kvm;
	struct kvm_coalesced_mmio_ring *ring;
	pthread_mutex_t lock; /* around taking out */
	struct bus *mmio;
};

/* Entries that a ring of one page holds; it is full with one less. */
#define POSTED_ENTRIES \
	((4096 - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio))

/* @ring: of kvm_vcpu_coalesced(), NULL: nothing is queued. Makes @mmio post its writes there. */
void coalesced_open(struct coalesced *coalesced, const struct kvm *kvm,
	struct kvm_coalesced_mmio_ring *ring, struct bus *mmio);
/* No vCPU runs. Safe on a zeroed struct. */
void coalesced_close(struct coalesced *coalesced);

/* Makes the writes that wait. Any thread. */
void coalesced_drain(struct coalesced *coalesced);

#endif
