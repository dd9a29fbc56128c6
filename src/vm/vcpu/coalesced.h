/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's queue of coalesced writes (struct bus_coalesced): KVM's ring, one for all vCPUs, to
 * which the kernel adds writes to registered addresses without an exit to tenon. If the ring is
 * full, a write exits as usual.
 *
 * An entry is removed from the ring only after its write has been made. So whoever finds the ring
 * empty knows that all its writes have been made.
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
	pthread_mutex_t lock; /* protects the removal of entries */
	struct bus *mmio;
};

/* Entries in a ring of one page; it is full with one entry less. */
#define COALESCED_ENTRIES \
	((4096 - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio))

/* @ring: from kvm_vcpu_coalesced(); NULL: no write is coalesced. Sets @mmio->coalesced. */
void coalesced_open(struct coalesced *coalesced, const struct kvm *kvm,
	struct kvm_coalesced_mmio_ring *ring, struct bus *mmio);
/* No vCPU runs. Safe on a zeroed struct. */
void coalesced_close(struct coalesced *coalesced);

/* Makes the queued writes. Any thread. */
void coalesced_drain(struct coalesced *coalesced);

#endif
