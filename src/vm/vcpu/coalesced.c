// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/coalesced.h"

#include "base/bytes.h"

static int set(struct bus_coalesced *queue, struct range range, bool on)
{
	struct coalesced *coalesced = container_of(queue, struct coalesced, queue);

	return kvm_coalesce(coalesced->kvm, range.start, (u32)range.size, false, on);
}

static void drain(struct bus_coalesced *queue)
{
	coalesced_drain(container_of(queue, struct coalesced, queue));
}

void coalesced_open(struct coalesced *coalesced, const struct kvm *kvm,
	struct kvm_coalesced_mmio_ring *ring, struct bus *mmio)
{
	*coalesced = (struct coalesced){
		.queue = { set, drain },
		.kvm = kvm,
		.ring = ring,
		.mmio = mmio,
	};
	pthread_mutex_init(&coalesced->lock, NULL);
	if (ring)
		mmio->coalesced = &coalesced->queue;
}

void coalesced_close(struct coalesced *coalesced)
{
	if (!coalesced->mmio)
		return;
	coalesced->mmio->coalesced = NULL;
	pthread_mutex_destroy(&coalesced->lock);
	*coalesced = (struct coalesced){ 0 };
}

static bool is_empty(const struct kvm_coalesced_mmio_ring *ring)
{
	return __atomic_load_n(&ring->first, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
}

static void make_one(struct coalesced *coalesced)
{
	struct kvm_coalesced_mmio_ring *ring = coalesced->ring;
	u32 first = ring->first % COALESCED_ENTRIES;
	const struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[first];

	if (entry->len && entry->len <= sizeof(entry->data))
		bus_write(coalesced->mmio, entry->phys_addr, entry->len,
			get_le(entry->data, entry->len));
	__atomic_store_n(&ring->first, (u32)((first + 1) % COALESCED_ENTRIES), __ATOMIC_RELEASE);
}

void coalesced_drain(struct coalesced *coalesced)
{
	if (!coalesced->ring || is_empty(coalesced->ring))
		return;
	pthread_mutex_lock(&coalesced->lock);
	/* Drain at most one full ring: other vCPUs' new writes must not keep this vCPU here. */
	for (unsigned i = 0; i < COALESCED_ENTRIES && !is_empty(coalesced->ring); i++)
		make_one(coalesced);
	pthread_mutex_unlock(&coalesced->lock);
}
